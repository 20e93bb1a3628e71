// What the server pushes (server-sent events), and a poll while it cannot.

import { api, groupsOf } from "./api.js";

// Milliseconds: a status comes every two seconds, so five that are missed mean a connection that is dead without saying so.
const silenceLimit = 10_000;
const pollInterval = 30_000;

const listeners = new Map();
let source = null, heardAt = 0, polling = null, newestChange = null;

export const live = {
    /** `connecting`, `live`, `polling` or `offline`. */
    state: "connecting",
    /** The newest status, without its groups, and the newest groups. */
    status: null,
    groups: null,

    /** Events: `state`, `status`, `groups`, `change`, `audit`, and `poll` (look again yourself). Gives what ends the subscription. */
    on(event, listener) {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(listener);
        return () => listeners.get(event).delete(listener);
    },

    start() {
        connect();
        setInterval(watch, 2_000);
        addEventListener("online", connect);
        addEventListener("offline", () => { turn("offline"); });
        addEventListener("pagehide", () => source?.close());
    },
};

function emit(event, value) {
    for (const listener of listeners.get(event) ?? []) {
        try { listener(value); } catch (error) { console.error(error); }
    }
}

function turn(state) {
    if (state === live.state) return;
    live.state = state;
    emit("state", state);
}

function take(status) {
    live.status = status;
    emit("status", status);
}

function takeGroups(groups) {
    live.groups = groupsOf({ groups });
    emit("groups", live.groups);
}

function connect() {
    source?.close();
    heardAt = Date.now();
    source = new EventSource(`/admin/stream${newestChange === null ? "" : `?after=${newestChange}`}`);
    const on = (event, handle) => source.addEventListener(event, (message) => {
        heardAt = Date.now();
        turn("live");
        clearInterval(polling);
        polling = null;
        handle(JSON.parse(message.data));
    });
    on("status", take);
    on("groups", takeGroups);
    on("position", ({ last }) => { newestChange ??= last; });
    on("change", (change) => { newestChange = change.id; emit("change", change); });
    on("audit", (entry) => emit("audit", entry));
    // The server says that it cannot go on from where we were: look again.
    on("reset", () => { newestChange = null; emit("poll"); });
    source.addEventListener("error", fallBack);
}

function watch() {
    const isSilent = Date.now() - heardAt > silenceLimit;
    if (live.state === "live" && isSilent) fallBack();
    // The browser itself goes on trying after a lost connection, but not after a refusal.
    if (isSilent && (live.state === "live" || source.readyState === EventSource.CLOSED)) connect();
}

/** Asks every 30 seconds until the stream is back. */
function fallBack() {
    if (polling) return;
    poll();
    polling = setInterval(poll, pollInterval);
}

async function poll() {
    try {
        const status = await api.everything();
        if (live.state !== "live" || Date.now() - heardAt > silenceLimit) turn("polling");
        take(status);
        takeGroups(status.groups ?? []);
        emit("poll");
    } catch (error) {
        // Whatever the reason is: the sign says that what is shown may be old, and each page's own calls tell more.
        console.info(error.message);
        turn("offline");
    }
}
