// Management of the crawler: every group with its state, its progress and its switch.

import { api, newest } from "./api.js";
import { live } from "./live.js";
import { h, say, keyed, badge, card, present, empty, ago, ask, tell, doing, table, row, progress, moment, count, exact } from "./dom.js";

const kinds = { active: "good", initializing: "busy", inactive: "off", error: "bad" };
const words = { active: "active", initializing: "first crawl", inactive: "off", error: "error" };

// What falls is sorted from the newest or the most on, until one asks for it the other way round.
const columns = [
    { name: "Group", sort: (group) => (group.title ?? "").toLowerCase() },
    { name: "Status", sort: (group) => ["error", "initializing", "active", "inactive"].indexOf(group.status) },
    { name: "Last message", sort: (group) => -(moment(group.last_message_at) || 0), falls: true, class: "tight" },
    { name: "Crawl" },
    { name: "Errors", sort: (group) => -(group.error_count ?? 0), falls: true, class: "tight" },
    { name: "On", class: "tight" },
    { name: "Action", class: "tight" },
];

/** The crawl that is under way, of whatever kind; nil when there is none. */
function crawlOf(group) {
    const job = group.crawl ?? group.job ?? null;
    if (job && ["queued", "running"].includes(job.state)) return { state: job.state, done: job.messages ?? 0, total: job.total ?? 0, kind: job.kind };
    if (!job && group.status === "initializing") return { state: "running", done: group.initial_crawl_progress ?? 0, total: group.initial_crawl_total ?? 0, kind: "initial" };
    return null;
}

function crawlCell(group) {
    const crawl = crawlOf(group);
    if (crawl?.state === "queued") return badge("busy", "waits its turn");
    if (crawl) return progress(crawl.done, crawl.total);
    if (group.crawl?.state === "failed") return badge("bad", "failed", group.crawl.error);
    const covered = group.coverage;
    if (covered?.complete) return h("span", { class: "soft", title: `Complete since ${exact(covered.since)}` }, "complete");
    return h("span", { class: "soft" }, { gaps: "has gaps", holes: "has holes", not_live: "not live", dead_letters: "dead letters wait" }[covered?.verdict] ?? "–");
}

function switchOf(group, changed) {
    const on = group.is_enabled !== false, name = group.title ?? `${group.telegram_id}`;
    const button = h("button", { role: "switch", class: "switch act", "aria-checked": `${on}`, "aria-label": `Capture ${name}` });
    button.addEventListener("click", async () => {
        if (on && !(await ask({
            title: `Turn ${name} off?`, action: "Turn off",
            text: ["Its messages are not captured any more. What is stored stays.", "When it is turned on again, what it missed is fetched as far as Telegram still has it."],
        }))) return;
        button.disabled = true;
        try {
            await api.turn(group.group_id, !on);
            tell("good", on ? `${name} is turned off.` : `${name} is turned on.`);
            await changed();
        } catch (error) {
            tell("bad", error.message);
        }
        button.disabled = false;
    });
    return button;
}

const crawlButton = (group, changed) => doing("Crawl", {
    icon: "crawl", class: "quiet", name: `Crawl ${group.title ?? group.telegram_id}`,
    question: {
        title: `Crawl ${group.title ?? group.telegram_id}?`, action: "Crawl",
        text: "Its history of the kept days is read again, at the pace that Telegram allows. Messages that are stored already are compared, not doubled.",
    },
    run: async () => { await api.crawl(group.group_id); await changed(); }, done: "The crawl is queued.",
});

function makeRow(group, changed) {
    const cells = {
        name: h("div", { class: "who" }, h("a", { href: `/feed?group=${encodeURIComponent(group.group_id)}` }), h("span", { class: "soft num" })),
        status: h("span"), last: h("span"), crawl: h("span"), errors: h("span", { class: "num" }), on: h("span"), action: h("span", {}, crawlButton(group, changed)),
    };
    const element = row(columns, Object.values(cells));
    let before = {};
    // Only what changed is drawn anew: a button that is being looked at keeps its focus.
    const when = (name, value, draw) => {
        const text = JSON.stringify(value ?? null);
        if (before[name] === text) return;
        before[name] = text;
        draw();
    };
    return {
        element,
        update(now) {
            say(cells.name.firstChild, now.title ?? "(no title)");
            say(cells.name.lastChild, now.username ? `@${now.username}` : `${now.chat_type ?? ""} ${now.telegram_id ?? ""}`);
            when("status", now.status, () => cells.status.replaceChildren(badge(kinds[now.status] ?? "warn", words[now.status] ?? now.status ?? "unknown")));
            when("last", now.last_message_at, () => cells.last.replaceChildren(ago(now.last_message_at)));
            when("crawl", [crawlOf(now), now.crawl?.state, now.coverage?.verdict], () => cells.crawl.replaceChildren(crawlCell(now)));
            when("errors", [now.error_count, now.last_error], () => cells.errors.replaceChildren(
                now.error_count > 0 ? badge("bad", count(now.error_count), now.last_error) : h("span", { class: "soft" }, "none")));
            when("on", now.is_enabled, () => {
                const focused = cells.on.contains(document.activeElement);
                cells.on.replaceChildren(switchOf(now, changed));
                if (focused) cells.on.firstChild.focus();
            });
        },
    };
}

/** What went wrong, newest first: by group, and messages that could not be stored. */
function errorLog(groups, letters) {
    const lines = newest([
        ...groups.filter((group) => group.last_error).map((group) => ({ at: group.last_error_at ?? group.updated_at, where: group.title, text: group.last_error })),
        ...letters.map((letter) => ({ at: letter.created_at, where: letter.title ?? groups.find((group) => group.group_id === letter.group_id)?.title ?? "unknown group", text: letter.error_message, href: "/admin/dead-letters" })),
    ], "at").slice(0, 50);
    if (!lines.length) return empty("No errors", "What goes wrong in a group is written down here with its time.");
    return h("ol", { class: "log" }, lines.map((line) => h("li", {}, ago(line.at), h("strong", {}, line.where ?? ""), line.href ? h("a", { href: line.href }, line.text ?? "") : h("span", {}, line.text ?? ""))));
}

export async function show(view) {
    let groups = null, order = 2, backwards = false;
    const search = h("input", { type: "search", id: "search", placeholder: "Title, @name or id", autocomplete: "off" });
    const filter = h("select", { id: "filter" }, [["", "all"], ["active", "active"], ["initializing", "first crawl"], ["error", "with errors"], ["inactive", "off"]].map(([value, text]) => h("option", { value }, text)));
    const heads = columns.map((column, i) => {
        if (!column.sort) return column.name;
        const button = h("button", { class: "sort", on: { click: () => { backwards = order === i && !backwards; order = i; draw(); } } }, column.name);
        return button;
    });
    const made = table(columns.map((column, i) => ({ ...column, head: heads[i] })), "Groups");
    const found = h("p", { class: "soft", role: "status" }), box = h("div"), log = h("div");
    const set = keyed(made.body, (group) => makeRow(group, look));

    function draw() {
        if (!groups) return;
        const wanted = search.value.trim().toLowerCase().replace(/^@/, ""), state = filter.value;
        const list = groups.filter((group) => `${group.title ?? ""}\n${group.username ?? ""}\n${group.telegram_id ?? ""}`.toLowerCase().includes(wanted)
            && (!state || (state === "error" ? group.status === "error" || group.error_count > 0 : group.status === state)));
        const key = columns[order].sort;
        list.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (backwards ? -1 : 1); });
        set(list, (group) => group.group_id);
        made.element.querySelectorAll("th").forEach((head, i) => {
            if (i === order) head.setAttribute("aria-sort", backwards !== Boolean(columns[i].falls) ? "descending" : "ascending");
            else head.removeAttribute("aria-sort");
        });
        const on = groups.filter((group) => group.is_enabled !== false).length;
        say(found, list.length === groups.length ? `${count(groups.length)} groups, ${count(on)} of them captured` : `${count(list.length)} of ${count(groups.length)} groups`);
        box.replaceChildren(...(!groups.length ? [empty("No groups yet", "Register one with aaltohubctl groups add.")]
            : !list.length ? [empty("No group matches", "Search for less, or choose all.")] : [made.element]));
    }
    async function look() {
        // The table as it is now; coverage is known from the status.
        const covered = new Map((live.groups ?? await api.groups()).map((group) => [group.group_id, group.coverage]));
        groups = (await api.crawlerStatus()).map((group) => ({ ...group, coverage: covered.get(group.group_id) }));
        if (view.here) draw();
    }
    search.addEventListener("input", draw);
    filter.addEventListener("change", draw);
    view.content.append(
        h("div", { class: "tools" }, h("label", { for: "search" }, "Search", search), h("label", { for: "filter" }, "Show", filter), found),
        box, card("Error log", log));
    await present(box, async () => { await look(); return null; }, "Loading the groups");
    const errors = () => present(log, async () => errorLog(groups ?? [], await api.deadLetters(false)), "Looking for errors");
    errors();
    const again = async () => { try { await look(); } catch (error) { if (error.status !== 0) tell("bad", error.message); } };
    view.on("poll", errors);
    view.on("groups", again);
    // A crawl moves faster than the status is made.
    view.every(2_000, () => { if ((groups ?? []).some(crawlOf)) again(); });
    view.every(60_000, errors);
    view.on("audit", again);
}
