// Signing in: a token becomes a cookie that scripts cannot read.

import { api } from "./api.js";
import { h, say } from "./dom.js";

/** Where to go afterwards: a page of ours, never another address. */
function next() {
    const wanted = new URLSearchParams(location.search).get("next") ?? "";
    return /^\/(admin|feed)(\/[a-z-]+)?$/.test(wanted) && wanted !== "/admin/login" ? wanted : "/admin";
}

export function show(main) {
    const problem = h("p", { class: "problem", role: "alert", id: "problem" });
    const token = h("input", {
        type: "password", id: "token", name: "token", autocomplete: "current-password", required: true, spellcheck: "false",
        "aria-describedby": "problem hint", autofocus: true,
    });
    const button = h("button", { class: "primary" }, "Sign in");
    const form = h("form", { class: "card narrow" },
        h("img", { src: "/assets/icon.svg", alt: "", width: 40, height: 40 }), h("h1", {}, "AaltoHub"),
        h("label", { for: "token" }, "Token"), token,
        h("p", { class: "soft", id: "hint" }, "Made by ", h("code", {}, "aaltohubctl admin token"), ", or issued by Supabase to an admin."),
        problem, button);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        button.disabled = true;
        say(problem, "");
        try {
            await api.login(token.value.trim());
            location.replace(next());
        } catch (error) {
            say(problem, error.status === 401 || error.status === 403 ? "This token is not accepted." : error.message);
            button.disabled = false;
            token.select();
        }
    });
    main.append(form);
    token.focus();
}
