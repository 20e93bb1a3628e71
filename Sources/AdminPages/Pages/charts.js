// Lines over time in SVG: a few series, a legend with the newest values, the values under the pointer.

import { h, s, say, clock } from "./dom.js";

const margin = { left: 54, right: 10, top: 10, bottom: 22 }, height = 180;
let numbered = 0;

/** The smallest of 1, 2, 5 times a power of ten that is not below the value. */
function round(value) {
    if (!(value > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].find((step) => step * power >= value * 0.9999) * power;
}

/**
 * - series: `{ name, class, field }`; - text: how a value is said; - samples come by `update([{ at, [field]: number | null }])`, in order.
 */
export function chart({ title, hint, series, text, minutes }) {
    const id = `chart-${numbered += 1}`;
    const lines = s("g"), grid = s("g", { class: "grid" }), pointer = s("g", { class: "pointer", visibility: "hidden" });
    const svg = s("svg", { role: "img", "aria-labelledby": `${id} ${id}-now`, class: "plot" }, grid, lines, pointer);
    const values = series.map(() => h("b", { class: "num" }, "–"));
    const when = h("span", { class: "soft num" });
    const none = h("p", { class: "none soft" }, h("span", {}, "No values yet"));
    const legend = h("div", { class: "legend", id: `${id}-now` },
        series.map((one, i) => h("span", {}, h("i", { class: `swatch ${one.class}` }), one.name, " ", values[i])), when);
    const element = h("figure", { class: "card chart" }, h("figcaption", {}, h("h2", { id, title: hint }, title), legend), h("div", { class: "plotbox" }, svg, none));
    let samples = [], span = { from: 0, to: 1 }, top = 1;
    // As wide as its place, so that letters have the size of the page's.
    const size = { ...margin, height, width: 0 }, inner = { width: 0, height: height - margin.top - margin.bottom };
    const fit = (width) => {
        size.width = Math.max(240, Math.round(width));
        inner.width = size.width - size.left - size.right;
        svg.setAttribute("viewBox", `0 0 ${size.width} ${height}`);
    };
    const x = (at) => size.left + ((at - span.from) / (span.to - span.from)) * inner.width;
    const y = (value) => size.top + (1 - value / top) * inner.height;

    function legendOf(sample, past) {
        series.forEach((one, i) => say(values[i], sample && Number.isFinite(sample[one.field]) ? text(sample[one.field]) : "–"));
        say(when, past && sample ? `at ${clock(sample.at)}` : "");
    }

    function path(field) {
        let out = "", pen = false, before = 0;
        for (const sample of samples) {
            const value = sample[field];
            if (!Number.isFinite(value)) { pen = false; continue; }
            // A stretch that nobody measured is no line.
            if (pen && sample.at - before > 90_000) pen = false;
            out += `${pen ? "L" : "M"}${x(sample.at).toFixed(1)} ${y(value).toFixed(1)}`;
            pen = true;
            before = sample.at;
        }
        return out;
    }

    function draw() {
        const to = samples.at(-1)?.at ?? Date.now();
        span = { from: to - minutes * 60_000, to };
        const shown = samples.filter((sample) => sample.at >= span.from);
        top = round(Math.max(0, ...shown.flatMap((sample) => series.map((one) => sample[one.field]).filter(Number.isFinite))));
        grid.replaceChildren(
            ...[0, 0.5, 1].flatMap((share) => [
                s("line", { x1: size.left, x2: size.width - size.right, y1: y(top * share), y2: y(top * share) }),
                s("text", { x: size.left - 8, y: y(top * share) + 4, "text-anchor": "end" }, text(top * share)),
            ]),
            ...[0, 0.5, 1].map((share) => s("text", {
                x: size.left + inner.width * share, y: size.height - 4, "text-anchor": share === 0 ? "start" : share === 1 ? "end" : "middle",
            }, share === 1 ? "now" : `${Math.round(minutes * (1 - share))} min ago`)));
        lines.replaceChildren(...series.map((one) => s("path", { d: path(one.field), class: `line ${one.class}` })));
        none.hidden = shown.length > 1;
    }

    svg.addEventListener("pointermove", (event) => {
        if (!samples.length) return;
        const box = svg.getBoundingClientRect();
        const at = span.from + ((((event.clientX - box.left) / box.width) * size.width - size.left) / inner.width) * (span.to - span.from);
        const near = samples.reduce((best, sample) => (Math.abs(sample.at - at) < Math.abs(best.at - at) ? sample : best));
        pointer.setAttribute("visibility", "visible");
        pointer.replaceChildren(
            s("line", { x1: x(near.at), x2: x(near.at), y1: size.top, y2: size.top + inner.height }),
            ...series.filter((one) => Number.isFinite(near[one.field])).map((one) => s("circle", { cx: x(near.at), cy: y(near[one.field]), r: 3.5, class: one.class })));
        legendOf(near, true);
    });
    svg.addEventListener("pointerleave", () => { pointer.setAttribute("visibility", "hidden"); legendOf(samples.at(-1)); });
    fit(560);
    draw();
    new ResizeObserver(([entry]) => { if (Math.round(entry.contentRect.width) !== size.width) { fit(entry.contentRect.width); draw(); } }).observe(svg.parentNode ?? svg);
    return {
        element,
        update(list) {
            samples = list;
            draw();
            if (pointer.getAttribute("visibility") === "hidden") legendOf(samples.at(-1));
        },
    };
}

/** Which part of a stretch of time is covered: spans `{ from, to, class, title }` in milliseconds. */
export function timeline(from, to, spans, label) {
    const at = (time) => (Math.min(1, Math.max(0, (time - from) / (to - from))) * 100).toFixed(2);
    return s("svg", { class: "timeline", viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": label },
        s("rect", { width: 100, height: 6, class: "ground" }),
        spans.map((span) => s("rect", { x: at(span.from), width: Math.max(0.6, at(span.to) - at(span.from)), height: 6, class: span.class }, s("title", {}, span.title))));
}
