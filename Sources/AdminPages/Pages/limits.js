// What Telegram allows: waits that it imposed, and the calls that were made.

import { api } from "./api.js";
import { h, say, keyed, badge, card, present, empty, ago, table, row, moment, count, span } from "./dom.js";
import { live } from "./live.js";
import { labels } from "./stages.js";

const waitColumns = [{ name: "Account" }, { name: "Method" }, { name: "Wait", class: "tight" }, { name: "Ends", class: "tight" }];
const callColumns = [{ name: "Stage" }, { name: "Method" }, { name: "Calls", class: "tight right" }, { name: "Failed", class: "tight right" }, { name: "Waits", class: "tight right" }, { name: "Waited", class: "tight right" }];

/** Calls by stage and method, from the stages' counters. */
function calls(status) {
    const found = new Map();
    for (const stage of status?.stages ?? []) {
        for (const [key, value] of Object.entries(stage.counters ?? {})) {
            const field = /^telegram_(calls|call_failures|flood_waits|flood_wait_seconds)_total\b/.exec(key)?.[1];
            if (!field) continue;
            const method = labels(key).method ?? "all", id = `${stage.service} ${method}`;
            if (!found.has(id)) found.set(id, { id, stage: stage.service, method, calls: 0, call_failures: 0, flood_waits: 0, flood_wait_seconds: 0 });
            found.get(id)[field] += value;
        }
    }
    return [...found.values()].sort((a, b) => b.calls - a.calls || a.id.localeCompare(b.id));
}

export async function show(view) {
    const waits = h("div"), made = table(callColumns, "Calls to Telegram"), box = h("div");
    view.content.append(
        h("p", { class: "lead" }, "A wait is kept to the second, and across restarts: asking before its end makes Telegram wait longer."),
        card("Waits", waits), card("Calls since each stage started", box));
    const set = keyed(made.body, (one) => {
        const numbers = Array.from({ length: 4 }, () => h("span", { class: "num" }));
        return {
            element: row(callColumns, [one.stage, h("code", {}, one.method), ...numbers]),
            update: (now) => [count(now.calls), count(now.call_failures), count(now.flood_waits), now.flood_wait_seconds ? span(now.flood_wait_seconds) : "0"].forEach((text, i) => say(numbers[i], text)),
        };
    });
    const draw = (status) => {
        const list = calls(status);
        set(list, (one) => one.id);
        const wanted = list.length ? made.element : null;
        if (wanted ? box.firstChild !== wanted : true) box.replaceChildren(wanted ?? empty("No calls yet", "No stage that speaks to Telegram is up."));
    };
    const look = () => present(waits, async () => {
        const list = await api.limits();
        const open = list.filter((wait) => moment(wait.until) > Date.now()), over = list.filter((wait) => !(moment(wait.until) > Date.now()));
        if (!list.length) return empty("No waits", "Telegram has asked for none.");
        const made = table(waitColumns, "Waits");
        made.body.append(...[...open, ...over].map((wait) => row(waitColumns, [
            wait.account, [h("code", {}, wait.method), wait.peer ? ` of ${wait.peer}` : ""], span(wait.seconds),
            moment(wait.until) > Date.now() ? badge("warn", ago(wait.until)) : h("span", { class: "soft" }, "over ", ago(wait.until)),
        ])));
        return made.element;
    }, "Loading waits");
    view.on("status", draw);
    draw(live.status);
    await look();
    view.every(30_000, look);
    view.on("poll", look);
}
