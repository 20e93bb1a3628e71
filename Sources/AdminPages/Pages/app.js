// The frame around every page: navigation, the sign of the connection, and which page is shown.

import { api } from "./api.js";
import { h, say, mark, icon, failure, loading, tell } from "./dom.js";
import { live } from "./live.js";

const pages = [
    { path: "/admin", name: "Overview", load: () => import("./overview.js") },
    { path: "/admin/crawler", name: "Groups", load: () => import("./groups.js") },
    { path: "/feed", name: "Feed", load: () => import("./feed.js") },
    { path: "/admin/dead-letters", name: "Dead letters", load: () => import("./deadletters.js") },
    { path: "/admin/gaps", name: "Gaps", load: () => import("./gaps.js") },
    { path: "/admin/accounts", name: "Accounts", load: () => import("./accounts.js") },
    { path: "/admin/limits", name: "Limits", load: () => import("./limits.js") },
    { path: "/admin/audit", name: "Audit", load: () => import("./audit.js") },
];

const words = {
    connecting: ["busy", "connecting", "The connection to the supervisor is being made."],
    live: ["good", "live", "What you see changes as it happens."],
    polling: ["warn", "polling", "The live connection is away: this page looks every 30 seconds."],
    offline: ["bad", "offline", "The supervisor cannot be reached: what you see may be old."],
};

const main = h("main", { id: "main", tabindex: "-1" });
let leave = [];

function frame() {
    const sign = h("span", { class: "sign", role: "status" });
    const show = (state) => {
        const [kind, word, hint] = words[state];
        sign.className = `sign ${kind}`;
        sign.title = hint;
        sign.replaceChildren(mark(kind), word);
    };
    show(live.state);
    live.on("state", show);
    const links = h("ul", {}, pages.map((page) => h("li", {}, h("a", { href: page.path }, page.name))));
    const who = h("p", { class: "who soft" });
    const leaveButton = h("button", { class: "quiet", on: { click: async () => {
        try { await api.logout(); location.assign("/admin/login"); } catch (error) { tell("bad", error.message); }
    } } }, "Sign out");
    const nav = h("nav", { id: "nav", "aria-label": "Pages" }, links, h("div", { class: "foot" }, who, leaveButton));
    const menu = h("button", { class: "menu quiet", "aria-expanded": "false", "aria-controls": "nav", "aria-label": "Menu" }, icon("menu"));
    menu.addEventListener("click", () => {
        const open = document.body.classList.toggle("open");
        menu.setAttribute("aria-expanded", `${open}`);
    });
    document.body.append(
        h("a", { class: "skip", href: "#main" }, "Skip to the page"),
        h("header", {}, menu, h("a", { href: "/admin", class: "brand" }, h("img", { src: "/assets/icon.svg", alt: "", width: 22, height: 22 }), "AaltoHub"), sign),
        nav, main);
    api.whoami().then((caller) => { document.body.classList.toggle("reader", caller?.role === "reader"); say(who, [caller?.subject === "token" ? "admin token" : caller?.subject, caller?.role].filter(Boolean).join(" · ")); }, () => say(who, ""));
    document.addEventListener("click", (event) => {
        const link = event.target.closest?.("a[href]");
        if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
        const page = link.origin === location.origin && pages.find((page) => page.path === link.pathname);
        if (!page || link.hash) return;
        event.preventDefault();
        history.pushState(null, "", link.href);
        open(true);
    });
    addEventListener("popstate", () => open(true));
}

/** Shows the page of the address. A page gets what ends with it: `on` for events, `every` for times, and asks `here` after waiting. */
async function open(moved) {
    for (const end of leave) end();
    leave = [];
    const mine = leave;
    const page = pages.find((page) => page.path === location.pathname.replace(/\/$/, "")) ?? pages[0];
    for (const link of document.querySelectorAll("nav a")) {
        if (link.pathname === page.path) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    document.body.classList.remove("open");
    document.querySelector(".menu").setAttribute("aria-expanded", "false");
    document.title = `${page.name} – AaltoHub`;
    const content = h("div", { class: "page" });
    main.replaceChildren(h("h1", {}, page.name), content);
    if (moved) { main.focus({ preventScroll: true }); scrollTo(0, 0); }
    content.replaceChildren(loading());
    const view = {
        content,
        on: (event, listener) => mine.push(live.on(event, listener)),
        every: (milliseconds, run) => { const timer = setInterval(run, milliseconds); mine.push(() => clearInterval(timer)); },
        end: (run) => mine.push(run),
        get here() { return mine === leave; },
    };
    try {
        const module = await page.load();
        if (!view.here) return;
        content.replaceChildren();
        await module.show(view);
    } catch (error) {
        console.error(error);
        if (view.here) content.replaceChildren(failure(error, () => open(false)));
    }
}

if (location.pathname === "/admin/login") {
    document.title = "Sign in – AaltoHub";
    const { show } = await import("./login.js");
    document.body.classList.add("bare");
    document.body.append(main);
    show(main);
} else {
    frame();
    live.start();
    await open(false);
}
