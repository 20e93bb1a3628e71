// Elements, numbers, times and small parts of every page.
// What comes from Telegram or the server is only ever set as text: no string becomes markup here or elsewhere.

const svgSpace = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
    for (const [name, value] of Object.entries(properties ?? {})) {
        if (value === null || value === undefined || value === false) continue;
        if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
        else if (name === "css") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/** An element: `h("p", { class: "soft", on: { click } }, "text", other)`. */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
/** The same for SVG. */
export const s = (tag, properties, ...children) => fill(document.createElementNS(svgSpace, tag), properties, children);

/** Sets the text of an element, and only when it is another one: a reader of screens is not told the same twice. */
export function say(element, text) {
    const wanted = `${text ?? ""}`;
    if (element.textContent !== wanted) element.textContent = wanted;
}

/** Keeps the children of `parent` in step with `items`: `make(item)` gives `{ element, update }`; what stays keeps its focus. */
export function keyed(parent, make) {
    const known = new Map();
    return (items, keyOf) => {
        const wanted = new Map(items.map((item) => [`${keyOf(item)}`, item]));
        for (const [key, part] of known) if (!wanted.has(key)) { part.element.remove(); known.delete(key); }
        let before = null;
        for (const [key, item] of [...wanted].reverse()) {
            let part = known.get(key);
            if (!part) known.set(key, part = make(item));
            part.update?.(item);
            if (part.element.parentNode !== parent || part.element.nextSibling !== before) parent.insertBefore(part.element, before);
            before = part.element;
        }
        return known;
    };
}

// Numbers

const whole = new Intl.NumberFormat("en");
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
export const count = (value) => (Number.isFinite(value) ? (Math.abs(value) < 10 && value % 1 ? one : whole).format(Math.abs(value) < 10 ? value : Math.round(value)) : "–");

export function bytes(value) {
    if (!Number.isFinite(value)) return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let i = 0;
    while (value >= 1024 && i < units.length - 1) { value /= 1024; i += 1; }
    return `${one.format(value)} ${units[i]}`;
}

/** Seconds as a person says them: `340 ms`, `12 s`, `4 min`, `3 h 20 min`, `5 d 2 h`. */
export function span(seconds) {
    if (!Number.isFinite(seconds)) return "–";
    if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 10) return `${one.format(seconds)} s`;
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (hours < 1) return `${minutes} min`;
    if (days < 1) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

// Times

/** Milliseconds of what the server calls a time: seconds since 1970, ISO 8601, or as Postgres writes it; NaN for none. */
export function moment(value) {
    if (value === null || value === undefined || value === "") return NaN;
    if (typeof value === "number") return value > 1e11 ? value : value * 1000;
    return Date.parse(value.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
}

const exactly = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
export const exact = (value) => (Number.isNaN(moment(value)) ? "never" : exactly.format(moment(value)));
const hourly = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const clock = (value) => hourly.format(moment(value));

function relative(at) {
    const seconds = (Date.now() - at) / 1000;
    if (seconds < 0) return seconds > -1 ? "now" : `in ${coarse(-seconds)}`;
    return seconds < 2 ? "now" : `${coarse(seconds)} ago`;
}
const coarse = (seconds) =>
    seconds < 60 ? `${Math.floor(seconds)} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min`
        : seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;

/** A time as it is from now, the exact one on hover; it goes on by itself. */
export function ago(value, otherwise = "never") {
    const at = moment(value);
    if (Number.isNaN(at)) return h("span", { class: "soft" }, otherwise);
    return h("time", { datetime: new Date(at).toISOString(), title: exact(at), class: "num" }, relative(at));
}
setInterval(() => {
    for (const element of document.querySelectorAll("time[datetime]:not(.fixed)")) say(element, relative(Date.parse(element.dateTime)));
}, 1000);

// Signs: each status has a colour and a shape.

const shapes = {
    good: () => s("circle", { cx: 6, cy: 6, r: 5 }),
    busy: () => [s("circle", { cx: 6, cy: 6, r: 4.2, class: "ring" }), s("path", { d: "M6 1.8a4.2 4.2 0 0 1 0 8.4z" })],
    warn: () => s("path", { d: "M6 .8 11.6 11H.4z" }),
    bad: () => s("path", { d: "M6 0l6 6-6 6-6-6z" }),
    off: () => s("circle", { cx: 6, cy: 6, r: 4.2, class: "ring" }),
};
export const mark = (kind) => s("svg", { viewBox: "0 0 12 12", class: `mark ${kind}`, "aria-hidden": "true" }, shapes[kind]());

/** A sign with its word: `badge("good", "active")`. */
export const badge = (kind, text, title) => h("span", { class: `badge ${kind}`, title }, mark(kind), text);

const paths = {
    crawl: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3", restart: "M3 8a5 5 0 1 0 1.6-3.7M3 2v3h3", menu: "M2 4h12M2 8h12M2 12h12",
    pause: "M5 3v10M11 3v10", play: "M4 2.5 13 8l-9 5.5z", file: "M4 1.5h5l3 3v10H4zM9 1.5v3h3", reply: "M6 3 2 7l4 4M2 7h7a5 5 0 0 1 5 5",
};
export const icon = (name) => s("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, s("path", { d: paths[name] }));

// States of a part

export const loading = (what = "Loading") => h("div", { class: "state", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), `${what}…`);
export const empty = (title, hint) => h("div", { class: "state" }, h("strong", {}, title), hint && h("p", {}, hint));
export function failure(error, again) {
    return h("div", { class: "state", role: "alert" }, h("strong", {}, badge("bad", "This could not be loaded")),
        h("p", {}, error.message), again && h("button", { on: { click: again } }, "Try again"));
}

/** Shows loading, then what `load` makes; an error with a button that tries again. */
export async function present(place, load, what) {
    if (!place.hasChildNodes()) place.replaceChildren(loading(what));
    try {
        const made = await load();
        if (made) place.replaceChildren(...[made].flat());
    } catch (error) {
        place.replaceChildren(failure(error, () => { place.replaceChildren(); present(place, load, what); }));
    }
}

// Questions and news

let numbered = 0;

/** Asks before something is done; resolves to whether it was confirmed. The first button is the harmless one. */
export function ask({ title, text, action, danger }) {
    return new Promise((resolve) => {
        const id = `dialog-${numbered += 1}`;
        const dialog = h("dialog", { "aria-labelledby": id },
            h("form", { method: "dialog" }, h("h2", { id }, title), [text].flat().map((line) => h("p", {}, line)),
                h("div", { class: "buttons" }, h("button", { value: "no" }, "Cancel"),
                    h("button", { value: "yes", class: danger ? "danger" : "primary" }, action))));
        dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
        document.body.append(dialog);
        dialog.showModal();
    });
}

/** Tells what came of something, for a while. */
export function tell(kind, text) {
    let place = document.querySelector(".news");
    if (!place) document.body.append(place = h("div", { class: "news", role: "status", "aria-live": "polite" }));
    const line = h("div", { class: `note ${kind}` }, mark(kind), h("span", {}, text));
    place.append(line);
    setTimeout(() => line.remove(), kind === "bad" ? 12_000 : 6_000);
}

/** A button that asks, does, and tells; it is disabled meanwhile. Readers, who may change nothing, do not see it (`act`). */
export function doing(label, { question, run, done, name, class: style, icon: picture }) {
    const button = h("button", { type: "button", class: `act ${style ?? ""}`, "aria-label": name }, picture && icon(picture), label);
    button.addEventListener("click", async () => {
        if (question && !(await ask(typeof question === "function" ? question() : question))) return;
        button.disabled = true;
        try {
            const answer = await run();
            tell("good", typeof done === "function" ? done(answer) : done);
        } catch (error) {
            tell("bad", error.message);
        } finally {
            button.disabled = false;
        }
    });
    return button;
}

/** A card with a heading. */
export const card = (title, ...content) => h("section", { class: "card" }, title && h("h2", {}, title), ...content);
/** Pairs of name and value. */
export const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value ?? "–"))));

/** A table; each cell tells its heading, since a narrow page shows rows as cards. Columns: `{ name, class }`. */
export function table(columns, label) {
    const body = h("tbody");
    const head = h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.class }, column.head ?? column.name)));
    return { body, element: h("table", { "aria-label": label }, h("thead", {}, head), body) };
}
export const row = (columns, cells, properties) =>
    h("tr", properties, cells.map((cell, i) => h("td", { "data-name": columns[i].name, class: columns[i].class }, [cell].flat())));

/** How far something is; without a total only that it goes on. */
export function progress(done, total) {
    const known = total > 0, share = known ? Math.min(1, done / total) : 0;
    const text = known ? `${count(done)} of about ${count(total)}` : `${count(done)} so far`;
    return h("div", { class: "progress" },
        h("div", { class: known ? "bar" : "bar unknown", role: "progressbar", "aria-label": "Crawl", "aria-valuemin": 0, "aria-valuemax": 100,
            "aria-valuenow": known ? Math.round(share * 100) : null, "aria-valuetext": text },
        h("span", { css: { width: known ? `${share * 100}%` : "35%" } })), h("span", { class: "num soft" }, text));
}

/** What a service message tells, such as "chat add user". */
export const serviceText = (service) => `${service.kind ?? service.type ?? service._ ?? service.action ?? "service message"}`.replace(/^messageAction/, "").replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();
