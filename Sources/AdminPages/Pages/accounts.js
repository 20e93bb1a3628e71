// Telegram accounts: how they are, pause, and login by QR code with the password of two-step verification.

import { api } from "./api.js";
import { h, badge, present, empty, ago, doing, facts, icon, tell, say, ask, loading, span, moment } from "./dom.js";
import { qr } from "./qr.js";

const states = {
    active: ["good", "logged in"], new: ["off", "not logged in"], code_sent: ["busy", "code sent"], password_needed: ["busy", "password needed"],
    revoked: ["bad", "logged out by Telegram"], frozen: ["bad", "frozen"], banned: ["bad", "banned"], duplicated: ["bad", "used elsewhere"],
};
// Milliseconds between two looks at a login: a scan is answered within a breath.
const interval = 1_500;

function accountCard(account, changed) {
    const [kind, word] = states[account.state] ?? ["warn", account.state];
    const paused = account.paused === true;
    return h("li", { class: "card account" },
        h("div", { class: "top" }, h("h2", {}, account.name), h("span", { class: "badges" }, badge(kind, word, account.state_reason), paused && badge("off", "paused"))),
        account.state_reason && h("p", { class: "problem" }, account.state_reason),
        facts([
            ["Phone", account.phone], ["User", account.user_id && `${account.user_id}`], ["Data centre", account.dc_id && `${account.dc_id}`],
            ["Login for crawls", account.has_backfill_session ? "its own" : "none"], ["Runs", (account.running ?? []).join(", ") || "nothing"],
            paused && ["Paused by", account.paused_by], ["Changed", ago(account.updated_at)],
        ]),
        h("div", { class: "buttons" },
            paused
                ? doing("Resume", { icon: "play", class: "primary", name: `Resume ${account.name}`, run: async () => { await api.resume(account.name); await changed(); }, done: `${account.name} goes on.` })
                : doing("Pause", {
                    icon: "pause", name: `Pause ${account.name}`,
                    question: { title: `Pause ${account.name}?`, action: "Pause", text: ["Its listener and its crawls let Telegram alone until it is resumed.", "What comes meanwhile is fetched afterwards, as far as Telegram still has it."] },
                    run: async () => { await api.pause(account.name); await changed(); }, done: `${account.name} is paused.`,
                }),
            loginButton(account.name, account.state === "active", changed)));
}

function loginButton(name, isLoggedIn, changed) {
    const button = h("button", { class: "act" }, isLoggedIn ? "Log in again" : "Log in by QR");
    button.addEventListener("click", async () => {
        if (isLoggedIn && !(await ask({
            title: `Log ${name} in again?`, action: "Log in", text: "It is logged in already. A new login takes the place of the one that is used now once a phone has scanned the code.",
        }))) return;
        await login(name);
        await changed();
    });
    return button;
}

/** The dialog of a login: code, scan, password, done. What the server says it is, it shows. */
function login(name) {
    return new Promise((resolve) => {
        let open = true, shownToken = null, asked = false, wrong = 0, timer = null;
        const body = h("div", { class: "login" }, loading("Asking Telegram for a code"));
        const dialog = h("dialog", { "aria-label": `Log ${name} in` }, h("h2", {}, `Log ${name} in`), body,
            h("div", { class: "buttons" }, h("button", { on: { click: () => dialog.close() } }, "Close")));
        dialog.addEventListener("close", () => {
            const over = !open;
            open = false;
            clearTimeout(timer);
            dialog.remove();
            if (!over) api.endLogin(name).catch((error) => { if (error.status !== 404) tell("bad", error.message); });
            resolve();
        });
        document.body.append(dialog);
        dialog.showModal();

        function showCode(state) {
            const url = state.link;
            if (!url || url === shownToken) return;
            shownToken = url;
            const left = h("span", { class: "num" });
            body.replaceChildren(qr(url, "QR code to scan with Telegram"),
                h("ol", { class: "steps" }, h("li", {}, "Open Telegram on the phone of this account."), h("li", {}, "Settings → Devices → Link Desktop Device."), h("li", {}, "Point the phone at this code.")),
                h("p", { class: "soft" }, "The code is renewed by itself. ", left));
            const until = moment(state.expires_at);
            if (!Number.isNaN(until)) {
                const tick = () => { if (open && left.isConnected) { say(left, until > Date.now() ? `This one counts for ${span((until - Date.now()) / 1000)}.` : ""); setTimeout(tick, 1_000); } };
                tick();
            }
        }

        function showPassword(state) {
            if (asked && state.wrong_passwords === wrong) return;
            [asked, wrong] = [true, state.wrong_passwords];
            const problem = h("p", { class: "problem", role: "alert" }, wrong > 0 ? "This password is wrong." : "");
            const field = h("input", { type: "password", id: "two-step", autocomplete: "off", required: true });
            const button = h("button", { class: "primary" }, "Go on");
            const form = h("form", {}, h("p", {}, "The code was scanned. This account has a password of two-step verification."),
                h("label", { for: "two-step" }, "Password"), field, state.hint && h("p", { class: "soft" }, `Hint: ${state.hint}`), problem, button);
            form.addEventListener("submit", async (event) => {
                event.preventDefault();
                button.disabled = true;
                say(problem, "");
                try {
                    follow(await api.loginPassword(name, field.value));
                } catch (error) {
                    say(problem, error.message);
                }
                field.value = "";
                button.disabled = false;
            });
            body.replaceChildren(form);
            field.focus();
        }

        function follow(state) {
            switch (state.state) {
            case "waiting": return showCode(state);
            case "password_needed": return showPassword(state);
            case "done":
                open = false;
                body.replaceChildren(h("div", { class: "state" }, badge("good", "Logged in"), h("p", {}, `${name} is logged in as user ${state.user_id}.`), state.note && h("p", {}, state.note)));
                return tell("good", `${name} is logged in.`);
            case "failed": case "cancelled":
                open = false;
                return body.replaceChildren(h("div", { class: "state", role: "alert" }, badge("bad", state.state === "failed" ? "The login failed" : "The login was ended"), h("p", {}, state.reason ?? "")));
            default:
                if (shownToken || asked) body.replaceChildren(loading("Telegram is asked"));
                [shownToken, asked] = [null, false];
            }
        }

        async function look() {
            try { if (open) follow(await api.loginState(name)); } catch (error) {
                if (error.status === 404 || error.status === 409) { open = false; body.replaceChildren(h("div", { class: "state", role: "alert" }, badge("bad", "The login ended"), h("p", {}, error.message))); }
            }
            if (open) timer = setTimeout(look, interval);
        }
        api.startLogin(name).then((state) => { if (!open) return; follow(state); timer = setTimeout(look, interval); }, (error) => {
            open = false;
            body.replaceChildren(h("div", { class: "state", role: "alert" }, badge("bad", "This did not begin"), h("p", {}, error.message)));
        });
    });
}

export async function show(view) {
    const list = h("div");
    const name = h("input", { id: "new-account", autocomplete: "off", spellcheck: "false", pattern: "[a-z0-9][a-z0-9_\\-]{0,31}", required: true, placeholder: "second" });
    const form = h("form", { class: "tools" }, h("label", { for: "new-account" }, "Name of a new account", name), h("button", { class: "primary" }, "Log in by QR"));
    form.addEventListener("submit", async (event) => { event.preventDefault(); await login(name.value); await look(); });
    const look = () => present(list, async () => {
        const accounts = await api.accounts();
        if (!accounts.length) return empty("No account yet", "Give one a name and scan the code with Telegram.");
        return h("ul", { class: "plainlist grid" }, accounts.map((account) => accountCard(account, look)));
    }, "Loading accounts");
    view.content.append(list, h("section", { class: "card act" }, h("h2", {}, "Another account"), form,
        h("p", { class: "soft" }, "Login by phone number and code is done with ", h("code", {}, "aaltohubctl login"), ".")));
    await look();
    view.on("poll", look);
    view.on("audit", look);
}
