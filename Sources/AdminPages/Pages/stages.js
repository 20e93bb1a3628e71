// What the heartbeats of the stages say, as a page shows it.

import { api } from "./api.js";
import { h, say, badge, doing, span, count, bytes } from "./dom.js";

export const kindOf = (stage) => {
    if (!stage.up) return stage.state === "stopped" ? "off" : "bad";
    return { ready: "good", starting: "busy", holding: "warn", draining: "busy", stopping: "busy", failed: "bad" }[stage.state] ?? "warn";
};
const wordOf = (stage) => (stage.up ? { ready: "running", holding: "holding back" }[stage.state] ?? stage.state : "down");

/** What a restart of the stage does, said before it is done. */
function question(service) {
    const kind = service.split("@")[0];
    const means = {
        listener: "Messages that come meanwhile are fetched when it is back: nothing is lost.",
        backfill: "A crawl that is under way goes on at the page where it was.",
        writer: "The listeners keep what comes meanwhile on their disks: nothing is lost.",
        supervisor: "These pages are away until it is back; the pipeline goes on without it.",
    }[kind] ?? "";
    return {
        title: `Restart ${service}?`, action: "Restart", text: ["It finishes what it has begun, ends, and is started again by the system.", means],
    };
}

export const restartButton = (service) => doing("Restart", {
    icon: "restart", class: "quiet", name: `Restart ${service}`, question: () => question(service), run: () => api.restart(service),
    done: `${service} was told to restart.`,
});

/** The sum of what carries the name, over all labels. */
export function total(samples, name) {
    let sum = NaN;
    for (const [key, value] of Object.entries(samples ?? {})) {
        if (key === name || key.startsWith(`${name}{`)) sum = (Number.isNaN(sum) ? 0 : sum) + value;
    }
    return sum;
}

/** `{ method, … }` of `name{method="…"}`. */
export function labels(key) {
    const out = {};
    for (const [, name, value] of key.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) out[name] = value;
    return out;
}

/** What is worth to be known of a stage: pairs of name and text. */
function details(stage) {
    const out = [], said = stage.facts ?? {};
    const add = (name, value, show = count) => { if (Number.isFinite(value)) out.push([name, show(value)]); };
    if (typeof stage.connected === "boolean") out.push(["Telegram", stage.connected ? "connected" : "not connected"]);
    add("Groups", stage.groups);
    add("Received", stage.messages_received);
    add("Stored", total(stage.counters, "messages_committed_total"));
    if (stage.lag_seconds) out.push(["Lag", `${span(stage.lag_seconds.p50)}, 99 % ${span(stage.lag_seconds.p99)}`]);
    add("Waiting", stage.waiting_records);
    add("Credit", stage.credit);
    if (stage.spool_bytes > 0) out.push(["Spool", bytes(stage.spool_bytes)]);
    if (stage.spool_oldest_seconds > 0) out.push(["Oldest in spool", span(stage.spool_oldest_seconds)]);
    if (stage.circuit) out.push(["Circuit", stage.circuit]);
    add("Crawls open", total(stage.gauges, "crawl_jobs_open"));
    for (const wait of stage.flood_waits ?? []) out.push(["Flood wait", `${span(wait.seconds)} (${wait.method})`]);
    if (said.paused) out.push(["Paused", said.paused === true ? "yes" : `${said.paused}`]);
    if (stage.up) out.push(["Up for", span(stage.uptime)]);
    if (stage.restarts > 0) out.push(["Restarts seen", count(stage.restarts)]);
    if (stage.version) out.push(["Version", [stage.version, stage.commit?.slice(0, 8)].filter(Boolean).join(" ")]);
    return out;
}

/** A card that follows its stage. */
export function stageCard(stage) {
    const state = h("span"), text = h("p", { class: "soft detail" }), list = h("dl", { class: "facts" });
    const element = h("section", { class: "card stage" },
        h("div", { class: "top" }, h("h3", {}, stage.service), state), text, list, h("div", { class: "buttons" }, restartButton(stage.service)));
    let shown = "";
    return {
        element,
        update(now) {
            const kind = kindOf(now), word = wordOf(now);
            if (shown !== kind + word) state.replaceChildren(badge(kind, word));
            shown = kind + word;
            say(text, now.detail);
            const pairs = details(now);
            while (list.children.length > pairs.length) list.lastChild.remove();
            pairs.forEach(([name, value], i) => {
                const place = list.children[i] ?? list.appendChild(h("div", {}, h("dt"), h("dd", { class: "num" })));
                say(place.firstChild, name);
                say(place.lastChild, value);
            });
        },
    };
}
