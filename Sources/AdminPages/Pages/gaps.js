// What is missing, and what is known to be complete.

import { api } from "./api.js";
import { timeline } from "./charts.js";
import { h, say, badge, card, present, empty, ago, table, row, moment, count, exact, progress } from "./dom.js";

const verdicts = {
    complete: ["good", "complete"], disabled: ["off", "off"], gaps: ["warn", "has gaps"], holes: ["warn", "has holes"], not_crawled: ["busy", "not crawled yet"],
    too_short: ["busy", "begins too late"], not_live: ["warn", "not live"], dead_letters: ["warn", "dead letters wait"],
};
const reasons = {
    disabled: "the group was off", "channel_too_long": "longer than Telegram keeps", "too_long": "longer than Telegram keeps", first_seen: "seen for the first time",
    spool_full: "the listener's disk was full", spool_lost: "lost with the listener's disk", began_anew: "the listener began anew",
};
const day = 86_400_000;
// Days that are kept complete when the server does not say how many.
const usualDays = 14;

const gapColumns = [{ name: "Where" }, { name: "Why" }, { name: "Found", class: "tight" }, { name: "Account" }, { name: "Being filled" }];
const columns = [{ name: "Group" }, { name: "State" }, { name: "Complete", class: "wide" }, { name: "Ids", class: "tight" }, { name: "Gaps", class: "tight" }];

function gapRow(gap, groups) {
    const group = groups.find((one) => one.group_id === gap.group_id);
    const where = group?.title ?? (gap.box === "common" ? "private chats and basic groups" : `${gap.box} ${gap.channel_id}`);
    const crawl = group?.crawl && ["queued", "running"].includes(group.crawl.state) ? group.crawl : null;
    return row(gapColumns, [
        where, reasons[gap.reason] ?? `${gap.reason}`.replaceAll("_", " "), ago(gap.found_at), gap.account,
        !crawl ? (group?.status === "error" ? badge("bad", "failed", group.last_error) : badge("off", "not yet")) : crawl.state === "queued" ? badge("busy", "queued") : progress(crawl.messages, crawl.total),
    ]);
}

function coverageRow(group, from, to) {
    const covered = group.coverage ?? {}, [kind, word] = verdicts[covered.verdict] ?? ["warn", covered.verdict ?? "unknown"];
    const since = moment(covered.since), until = covered.live ? to : moment(group.last_message_at);
    const label = Number.isNaN(since) ? "Nothing is known to be complete" : `Complete since ${exact(covered.since)}${covered.live ? ", and what comes" : ""}`;
    const spans = Number.isNaN(since) ? [] : [{ from: since, to: Number.isNaN(until) ? to : until, class: covered.live ? "live" : "past", title: label }];
    return row(columns, [
        h("span", { class: "name", dir: "auto" }, group.title ?? `${group.telegram_id}`), badge(kind, word),
        h("div", { class: "covered" }, timeline(from, to, spans, label), h("span", { class: "soft" }, Number.isNaN(since) ? "–" : ["since ", ago(covered.since)])),
        covered.low ? h("span", { class: "num" }, `${covered.low}–${covered.high}`) : "–",
        group.open_gaps ? badge("warn", count(group.open_gaps)) : h("span", { class: "soft" }, "none"),
    ]);
}

export async function show(view) {
    const gapBox = h("div"), box = h("div"), sentence = h("p", { class: "lead", role: "status" });
    view.content.append(sentence, card("Open gaps", h("p", { class: "soft" }, "Stretches that the live stream did not bring. Each is filled by a crawl and closes by itself."), gapBox), card("Coverage", box));
    const draw = (status) => {
        const groups = (status.groups ?? []).map((group) => ({ ...group, group_id: group.id ?? group.group_id }));
        const days = status.wanted_days ?? usualDays, to = Date.now(), from = to - days * day;
        const gaps = status.gaps?.open ?? [];
        const on = groups.filter((group) => group.coverage?.verdict !== "disabled"), whole = on.filter((group) => group.coverage?.complete).length;
        say(sentence, !groups.length ? "No group is registered yet."
            : whole === on.length ? `Nothing is missing: the last ${days} days of all ${count(on.length)} groups are complete.`
                : `${count(whole)} of ${count(on.length)} groups are complete for the last ${days} days.`);
        if (gaps.length) {
            const made = table(gapColumns, "Open gaps");
            made.body.append(...gaps.map((gap) => gapRow(gap, groups)));
            gapBox.replaceChildren(made.element, ...(status.gaps.count > gaps.length ? [h("p", { class: "soft" }, `and ${count(status.gaps.count - gaps.length)} more`)] : []));
        } else gapBox.replaceChildren(empty("No open gaps"));
        const order = Object.keys(verdicts).reverse();
        groups.sort((a, b) => order.indexOf(a.coverage?.verdict) - order.indexOf(b.coverage?.verdict) || (a.title ?? "").localeCompare(b.title ?? ""));
        const made = table(columns, "Coverage of the groups");
        made.body.append(...groups.map((group) => coverageRow(group, from, to)));
        box.replaceChildren(groups.length ? made.element : empty("No groups yet", "Register one with aaltohubctl groups add."));
    };
    const look = () => present(box, async () => { draw(await api.everything()); return null; }, "Loading coverage");
    await look();
    view.on("groups", look);
    view.on("poll", look);
}
