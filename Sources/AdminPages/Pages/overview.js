// The overview: is it running, how fast, how late, what is wrong.

import { api, newest } from "./api.js";
import { chart } from "./charts.js";
import { h, say, keyed, badge, mark, card, present, empty, ago, count, span, moment, serviceText } from "./dom.js";
import { live } from "./live.js";
import { kindOf, stageCard, total } from "./stages.js";

const shownGroups = 12;
// Minutes that the charts show.
const minutes = 60;

/** In the order in which a message passes the stages. */
const place = (stage) => ["listener", "writer", "backfill", "supervisor"].indexOf(stage.service.split("@")[0]);

/** What is not as it should be, in one line each: the server's alarms, and what the heartbeats show. */
function problems(status) {
    const alarms = (status.alarms ?? []).map((alarm) => ({
        kind: alarm.severity === "critical" ? "bad" : "warn", text: alarm.summary ?? alarm.name, since: alarm.since, name: alarm.name,
    }));
    const stages = (status.stages ?? []).filter((stage) => ["bad", "warn"].includes(kindOf(stage)))
        .map((stage) => ({ kind: kindOf(stage), text: `${stage.service}: ${stage.detail || stage.state}`, name: stage.service }));
    const database = status.database?.reachable === false ? [{ kind: "bad", text: `The database is away: ${status.database.error ?? ""}`, name: "database" }] : [];
    return [...alarms, ...database, ...stages];
}

function crawlerCard() {
    const state = h("span"), sentence = h("p", { class: "sentence" });
    const numbers = ["Groups", "Messages received", "Changes a minute", "Lag", "Uptime"].map((name) => [name, h("dd", { class: "num" }, "–")]);
    const element = h("section", { class: "card crawler" }, h("div", { class: "top" }, h("h2", {}, "Live crawler"), state), sentence,
        h("dl", { class: "figures" }, numbers.map(([name, place]) => h("div", {}, h("dt", {}, name), place))));
    let shown = "";
    return {
        element,
        update(status, rate, lag) {
            const [kind, word] = !status.running ? ["bad", "not running"] : status.connected ? ["good", "running"] : ["warn", "not connected"];
            if (shown !== word) state.replaceChildren(badge(kind, word));
            shown = word;
            say(sentence, !status.running ? "The writer or every listener is down: nothing arrives in the database."
                : status.connected ? "Messages arrive and are stored." : "A listener has lost its connection to Telegram and is making a new one.");
            [count(status.groups_count), count(status.messages_received), count(rate), Number.isFinite(lag) ? span(lag) : "–", span(status.uptime)]
                .forEach((text, i) => say(numbers[i][1], text));
        },
    };
}

const gist = (row) => row?.text || row?.media_type || (row?.service ? serviceText(row.service) : "");

function latest(groups, texts) {
    const rows = newest(groups.filter((group) => group.last_message_at), "last_message_at").slice(0, shownGroups);
    if (!rows.length) return empty("No messages yet", "What arrives in a registered group is shown here.");
    return h("ul", { class: "latest" }, rows.map((group) => h("li", {},
        h("a", { href: `/feed?group=${encodeURIComponent(group.group_id)}`, class: "name" }, group.title ?? `${group.telegram_id}`),
        h("span", { class: "text soft", dir: "auto" }, gist(texts.get(group.group_id))), ago(group.last_message_at))));
}

export async function show(view) {
    const crawler = crawlerCard();
    let samples = [];
    const alarmList = h("ul", { class: "alarms" }), alarms = card("Alarms", alarmList);
    const rates = chart({
        title: "Changes a minute", hint: "Messages, edits and deletions that the listeners received, and changes that the writer stored", minutes, text: count,
        series: [{ name: "received", class: "a", field: "received" }, { name: "stored", class: "b", field: "committed" }],
    });
    const lags = chart({
        title: "Lag", hint: "From the receipt of a message to its commit, over the last minutes", minutes, text: span,
        series: [{ name: "half within", class: "a", field: "lag_p50_seconds" }, { name: "99 % within", class: "b", field: "lag_p99_seconds" }],
    });
    const stageGrid = h("div", { class: "grid" }), groups = h("div");
    view.content.append(h("div", { class: "two" }, crawler.element, alarms), h("div", { class: "two" }, rates.element, lags.element),
        h("h2", {}, "Stages"), stageGrid, card("Latest messages", groups));

    const setAlarms = keyed(alarmList, (problem) => {
        const place = h("li");
        return { element: place, update: (now) => { if (place.textContent === "" || now.text !== problem.text) place.replaceChildren(mark(now.kind), h("span", {}, now.text), now.since ? ago(now.since) : ""); problem = now; } };
    });
    const setStages = keyed(stageGrid, stageCard);
    function update(status) {
        crawler.update(status, samples.at(-1)?.received, samples.at(-1)?.lag_p50_seconds);
        const found = problems(status);
        setAlarms(found.length ? found : [{ kind: "good", text: "Nothing needs attention.", name: "none" }], (one) => `${one.name}${one.kind}${one.text}`);
        setStages([...(status.stages ?? [])].sort((a, b) => place(a) - place(b) || a.service.localeCompare(b.service)), (stage) => stage.service);
    }
    const lines = async () => {
        const minute = (rate) => (Number.isFinite(rate) ? rate * 60 : null);
        samples = (await api.history()).map((point) => ({ ...point, at: moment(point.at), received: minute(point.received_per_second), committed: minute(point.committed_per_second) }));
        rates.update(samples);
        lags.update(samples);
    };
    const again = () => lines().catch((error) => console.info(error.message));
    await again();
    if (!view.here) return;
    view.on("status", update);
    update(live.status ?? await api.everything());
    // As often as the server adds a point, and not while nobody looks.
    view.every(5_000, () => { if (!document.hidden && live.state === "live") again(); });
    view.on("poll", again);
    // The text of the newest message by group, as far as it came while somebody looked.
    const texts = new Map();
    let known = live.groups;
    const draw = () => groups.replaceChildren(latest(known ?? [], texts));
    const take = (change) => {
        const row = change.row;
        if (row && !row.is_deleted && (texts.get(row.group_id)?.telegram_message_id ?? 0) <= row.telegram_message_id) texts.set(row.group_id, row);
    };
    await present(groups, async () => {
        known ??= await api.groups();
        for (const message of await api.recent()) take({ row: message });
        return latest(known, texts);
    }, "Looking for messages");
    view.on("groups", (now) => { known = now; draw(); });
    let due = null;
    // Many changes in a moment are drawn once.
    view.on("change", (change) => {
        take(change);
        const group = (known ?? []).find((one) => one.group_id === change.row?.group_id);
        if (group && !(moment(group.last_message_at) > moment(change.row.sent_at))) group.last_message_at = change.row.sent_at;
        due ??= setTimeout(() => { due = null; if (view.here) draw(); }, 500);
    });
}
