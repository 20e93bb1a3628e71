// Who did what, and when.

import { api } from "./api.js";
import { h, badge, present, empty, ago, table, row, tell } from "./dom.js";
import { live } from "./live.js";

const columns = [{ name: "When", class: "tight" }, { name: "Who" }, { name: "What" }, { name: "On" }, { name: "Outcome", class: "tight" }];
// Rows of one answer of the server, if it does not say otherwise.
const page = 100;

const outcomes = { done: "good", refused: "warn", failed: "bad" };
/** A group by its title; what else was done something to, by what it is called. */
const named = (target) => (live.groups ?? []).find((group) => group.group_id === target)?.title ?? target;
const entryRow = (entry) => row(columns, [
    ago(entry.at), entry.actor === "token" ? "admin token" : entry.actor, `${entry.action}`.replaceAll(/[_-]/g, " "), h("span", { class: "wrap", title: entry.target }, named(entry.target) || "–"),
    badge(outcomes[entry.outcome] ?? "off", entry.outcome, entry.reason),
]);

export async function show(view) {
    const box = h("div"), made = table(columns, "Audit log"), seen = new Set();
    let oldest = null;
    const more = h("button", { on: { click: () => { more.disabled = true; load(oldest).catch((error) => tell("bad", error.message)).finally(() => { more.disabled = false; }); } } }, "Older");
    view.content.append(h("p", { class: "lead" }, "Everything that was done through these pages, the API or the tool. Nothing is ever taken out of it."), box);
    async function load(before) {
        live.groups ??= await api.groups();
        const entries = await api.audit(before ?? undefined);
        for (const entry of entries) {
            if (seen.has(entry.id)) continue;
            seen.add(entry.id);
            made.body.append(entryRow(entry));
        }
        oldest = entries.at(-1)?.id ?? oldest;
        more.hidden = entries.length < page;
        return seen.size ? [made.element, h("div", { class: "buttons" }, more)] : empty("Nothing was done yet", "Every action that changes something is written down here.");
    }
    await present(box, () => load(), "Loading the log");
    const newer = async () => {
        for (const entry of (await api.audit()).reverse()) {
            if (seen.has(entry.id)) continue;
            seen.add(entry.id);
            made.body.prepend(entryRow(entry));
        }
        if (seen.size && !made.element.isConnected) box.replaceChildren(made.element, h("div", { class: "buttons" }, more));
    };
    view.on("audit", () => newer().catch((error) => console.error(error)));
    view.on("poll", () => newer().catch((error) => console.error(error)));
}
