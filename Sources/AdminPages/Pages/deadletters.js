// Messages that could not be stored: why, and once more.

import { api, newest } from "./api.js";
import { h, badge, present, empty, ago, doing, count, facts, say, tell } from "./dom.js";

const results = {
    stored: "The message is stored.", outdated: "It told what was true at its time only: it is dealt with, and nothing had to be stored.",
    unknown: "It does not wait any more.", skipped: "The writer had no time for it: try again.",
};
const pretty = (payload) => (typeof payload === "string" ? payload : JSON.stringify(payload, null, 2));

function letterCard(letter, titles, changed) {
    const id = letter.id, where = letter.title ?? titles.get(letter.group_id) ?? (letter.group_id ? "unknown group" : "no group");
    const payload = letter.payload;
    return h("li", { class: "card letter" },
        h("div", { class: "top" }, h("h2", { dir: "auto" }, where),
            letter.resolved ? badge("good", "dealt with") : badge("bad", "waits")),
        h("p", { class: "problem" }, letter.error_message ?? "no reason was written down"),
        facts([
            ["Message", letter.telegram_message_id === null || letter.telegram_message_id === undefined ? "–" : `${letter.telegram_message_id}`],
            ["Came", ago(letter.created_at)], ["Tries", count(letter.retry_count ?? 0)],
            letter.account_id && ["Account", letter.account_id], letter.sql_state && ["SQLSTATE", h("code", {}, letter.sql_state)],
            letter.resolved && ["Dealt with", ago(letter.resolved_at)],
        ]),
        payload && h("details", {}, h("summary", {}, "What it holds"), h("pre", { tabindex: "0" }, pretty(payload))),
        !letter.resolved && h("div", { class: "buttons" }, doing("Try again", {
            icon: "restart", class: "primary", name: `Try the message of ${where} again`,
            question: {
                title: "Try this message again?", action: "Try again",
                text: "The writer takes it once more, in the order of the rules that every message follows. A newer copy that is stored already wins.",
            },
            run: async () => { const letter = await api.retry(id); await changed(); return letter; },
            done: (letter) => (letter.result === "failed" ? `It failed again: ${letter.error}` : results[letter.result] ?? letter.result),
        })));
}

export async function show(view) {
    const list = h("div"), tally = h("p", { class: "soft", role: "status" });
    let resolved = false;
    const titles = new Map();
    const choice = (value, text) => {
        const box = h("input", { type: "radio", name: "resolved", id: `resolved-${value}`, checked: value === resolved });
        box.addEventListener("change", () => { resolved = value; list.replaceChildren(); look(); });
        return h("label", { class: "check", for: box.id }, box, text);
    };
    view.content.append(
        h("p", { class: "lead" }, "What could not be stored is kept here with its reason, so that one bad message never holds up the rest."),
        h("div", { class: "tools" }, h("fieldset", { class: "checks" }, h("legend", {}, "Show"), choice(false, "waiting"), choice(true, "dealt with")), tally), list);

    const look = () => present(list, async () => {
        const letters = newest(await api.deadLetters(resolved), resolved ? "resolved_at" : "created_at");
        say(tally, `${count(letters.length)} ${letters.length === 1 ? "message" : "messages"}`);
        if (!letters.length) return resolved ? empty("Nothing was dealt with yet") : empty("No dead letters", "Every message that came could be stored.");
        return h("ul", { class: "plainlist" }, letters.map((letter) => letterCard(letter, titles, look)));
    }, "Loading dead letters");
    try {
        for (const group of await api.groups()) titles.set(group.group_id, group.title);
    } catch (error) {
        // The list stands without names; its own call tells what is wrong.
        if (error.status !== 0) tell("bad", error.message);
    }
    if (!view.here) return;
    await look();
    view.on("poll", () => look());
    view.on("audit", (entry) => { if (/retry|drop/.test(entry.action ?? "")) look(); });
}
