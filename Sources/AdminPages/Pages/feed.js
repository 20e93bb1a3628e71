// Messages as they come: inserts, edits and deletions, newest first.

import { api } from "./api.js";
import { h, icon, empty, failure, loading, ago, bytes, badge, serviceText } from "./dom.js";

// Entries that a page keeps; older ones leave at the bottom.
const most = 300;
// Versions of messages that are remembered, to show what an edit changed.
const mostKnown = 3_000;

const verbs = { insert: ["good", "new"], edit: ["busy", "edited"], deletion: ["off", "deleted"], other: ["off", "updated"] };

/** Where a file is fetched from: what lies in the local store is served by the supervisor itself. What is no address stays a word. */
function address(url) {
    if (!url) return null;
    try {
        const parsed = new URL(url, location.origin), local = parsed.protocol === "file:" && /(?:photo|document)\/\d+\/[0-9a-f]+\.\w+$/.exec(parsed.pathname);
        if (local) return new URL(`/media/${local[0]}`, location.origin);
        return ["http:", "https:"].includes(parsed.protocol) ? parsed : null;
    } catch { return null; }
}

function media(row) {
    if (!row.media_type) return null;
    const url = address(row.media_url), about = row.media ?? {};
    const name = [row.media_kind ?? row.media_type, about.file_name ?? about.name, about.size && bytes(about.size)].filter(Boolean).join(" · ");
    const chip = () => url ? h("a", { class: "chip", href: url.href, target: "_blank", rel: "noopener noreferrer" }, icon("file"), name)
        : h("span", { class: "chip" }, icon("file"), `${name}${row.media_url ? "" : " · not fetched"}`);
    if (!url) return chip();
    if (row.media_type === "photo" || row.media_kind === "photo") {
        const image = h("img", { src: url.href, alt: "Photo", loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
        const link = h("a", { class: "picture", href: url.href, target: "_blank", rel: "noopener noreferrer" }, image);
        // A picture that cannot be shown is a link still.
        image.addEventListener("error", () => link.replaceWith(chip()));
        return link;
    }
    if (row.media_type === "video" || row.media_type === "voice" || row.media_type === "audio") {
        const player = h(row.media_type === "video" ? "video" : "audio", { src: url.href, controls: true, preload: "none" });
        player.addEventListener("error", () => player.replaceWith(chip()));
        return player;
    }
    return chip();
}

function words(row) {
    const said = row.service && !row.text ? serviceText(row.service) : row.text;
    return said ? h("p", { class: row.service && !row.text ? "said soft" : "said", dir: "auto" }, said) : null;
}

function kindOf(event, row, before) {
    if (row.is_deleted && !(before?.is_deleted)) return "deletion";
    if (event === "insert" && !before) return "insert";
    if (!before) return row.edited_at ? "edit" : "other";
    return before.text !== row.text || before.media_id !== row.media_id ? "edit" : "other";
}

export async function show(view) {
    const known = new Map(), titles = new Map();
    const keyOf = (row) => `${row.group_id} ${row.telegram_message_id}`;
    let only = new URLSearchParams(location.search).get("group") ?? "", held = null, after = null;

    const list = h("ol", { class: "feed", "aria-label": "Messages", "aria-live": "off" });
    const place = h("div", {}, loading("Waiting for messages"));
    const group = h("select", { id: "group" }, h("option", { value: "" }, "all groups"));
    const pause = h("button", { "aria-pressed": "false" }, icon("pause"), "Hold");
    const kinds = ["insert", "edit", "deletion"].map((kind) => {
        const box = h("input", { type: "checkbox", checked: true, id: `kind-${kind}` });
        box.addEventListener("change", () => list.classList.toggle(`no-${kind}`, !box.checked));
        return h("label", { class: "check", for: box.id }, box, `${{ insert: "new", edit: "edits", deletion: "deletions" }[kind]}`);
    });
    view.content.append(h("div", { class: "tools" }, h("label", { for: "group" }, "Group", group), h("fieldset", { class: "checks" }, h("legend", {}, "Show"), kinds), pause), place);

    function remember(row) {
        known.delete(keyOf(row));
        known.set(keyOf(row), row);
        if (known.size > mostKnown) known.delete(known.keys().next().value);
    }

    function reply(row) {
        if (!row.reply_to_message_id) return null;
        const original = known.get(`${row.group_id} ${row.reply_to_message_id}`);
        return h("blockquote", { class: "reply" }, icon("reply"), original ? h("span", { dir: "auto" }, h("b", {}, original.sender_name ?? "somebody"), " ", original.text ?? original.media_type ?? "")
            : h("span", { class: "soft" }, `in reply to message ${row.reply_to_message_id}`));
    }

    /** A message's file, in an album beside others. */
    const item = (row) => (row.media_type ? h("div", { class: "item", "data-of": keyOf(row) }, media(row)) : null);

    function entry(kind, row, before, at) {
        const [style, verb] = verbs[kind];
        const changed = kind === "edit" && before && before.text !== row.text && before.text;
        return h("li", { class: `event ${kind}`, "data-message": keyOf(row), "data-album": row.grouped_id && kind === "insert" ? `${row.group_id} ${row.grouped_id}` : null },
            h("div", { class: "line" }, badge(style, verb), h("b", { class: "sender", dir: "auto" }, row.sender_name ?? (row.sender_id ? `user ${row.sender_id}` : "channel")),
                h("span", { class: "soft where", dir: "auto" }, titles.get(row.group_id) ?? ""), ago(at ?? row.sent_at)),
            reply(row),
            changed && h("p", { class: "said before", dir: "auto" }, h("del", {}, before.text)),
            kind === "deletion" ? h("p", { class: "said gone", dir: "auto" }, h("del", {}, row.text || before?.text || row.media_type || "a message without text")) : words(row),
            kind !== "deletion" && h("div", { class: "media" }, item(row)));
    }

    function take(change) {
        const row = change.row, before = known.get(keyOf(row)), kind = kindOf(change.event, row, before);
        after = Math.max(after ?? 0, change.id);
        // A crawl brings the past of a group: it is no news.
        if (change.history && kind === "insert") return;
        remember(row);
        // Reactions, views and files that arrive: what stands in the list is brought up to date, nothing new is said.
        if (kind === "other") {
            if (row.media_url && !before?.media_url) {
                for (const shown of list.querySelectorAll(".item")) if (shown.dataset.of === keyOf(row)) shown.replaceWith(item(row));
            }
            return;
        }
        if (only && row.group_id !== only) return;
        put(kind, row, before, kind === "insert" ? row.sent_at : change.committed_at ?? row.deleted_at ?? row.edited_at, false);
    }

    function put(kind, row, before, at, quiet) {
        if (kind === "insert" && row.grouped_id && row.media_type) {
            const album = [...list.children].slice(0, 12).find((element) => element.dataset.album === `${row.group_id} ${row.grouped_id}`);
            if (album) {
                const pictures = album.querySelector(".media");
                pictures.append(item(row));
                pictures.classList.add("album");
                if (row.text && !album.querySelector(".said")) pictures.before(words(row));
                return;
            }
        }
        const element = entry(kind, row, before, at);
        if (!quiet) element.classList.add("fresh");
        list.prepend(element);
        while (list.children.length > most) list.lastChild.remove();
        if (!list.isConnected) place.replaceChildren(list);
    }

    const nothing = () => place.replaceChildren(empty("Nothing has come yet", "What happens in the registered groups appears here at once."));

    async function fill() {
        after = await api.newestChange();
        const messages = await api.recent(only);
        known.clear();
        for (const row of messages) {
            remember(row);
            if (row.is_deleted) put("deletion", row, null, row.deleted_at, true);
            else put("insert", row, null, row.sent_at, true);
        }
        if (!list.children.length) nothing();
    }

    pause.addEventListener("click", () => {
        if (held === null) {
            held = [];
            pause.replaceChildren(icon("play"), "Go on");
        } else {
            const waiting = held;
            held = null;
            for (const change of waiting) take(change);
            pause.replaceChildren(icon("pause"), "Hold");
        }
        pause.setAttribute("aria-pressed", `${held !== null}`);
    });
    function arrived(change) {
        const kind = held && kindOf(change.event, change.row, known.get(keyOf(change.row)));
        // What would not be seen does not wait.
        if (!held || kind === "other" || (change.history && kind === "insert") || (only && change.row.group_id !== only)) return take(change);
        held.push(change);
        if (held.length > most) held.shift();
        pause.replaceChildren(icon("play"), `Go on (${held.length} new)`);
    }
    group.addEventListener("change", () => {
        only = group.value;
        history.replaceState(null, "", only ? `/feed?group=${encodeURIComponent(only)}` : "/feed");
        list.replaceChildren();
        fill().catch(refused);
    });
    const refused = (error) => place.replaceChildren(failure(error, () => { place.replaceChildren(loading()); fill().catch(refused); }));

    let begun = false;
    const early = [];
    view.on("change", (change) => (begun ? arrived(change) : early.push(change)));
    try {
        for (const one of await api.groups()) {
            titles.set(one.group_id, one.title ?? `${one.telegram_id}`);
            group.append(h("option", { value: one.group_id }, one.title ?? `${one.telegram_id}`));
        }
        group.value = only;
        await fill();
    } catch (error) {
        refused(error);
    }
    begun = true;
    for (const change of early) if (change.id > (after ?? 0)) arrived(change);
    // While the stream is away, what came since is asked for.
    view.on("poll", async () => {
        if (after === null || !list.isConnected) return fill().catch(refused);
        try {
            for (const change of await api.since(after)) arrived(change);
        } catch (error) {
            if (error.status === 410) { list.replaceChildren(); after = null; fill().catch(refused); }
        }
    });
}
