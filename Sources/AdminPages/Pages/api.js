// Calls of the server's API. Everything that pages ask for or do stands here with its path.

import { moment } from "./dom.js";

/** What the server answered instead of what was asked for. */
export class Refusal extends Error {
    constructor(status, text) {
        super(text);
        this.status = status;
    }
}

// Messages that the feed begins with.
const recentMessages = 60;
// Milliseconds after which an answer is not waited for any longer: the slowest call asks a stage over its control socket.
const patience = 20_000;

// What a page presents when it changes something; it belongs to the session.
let csrf = null;
const sessionPath = "/admin/session";
const csrfToken = async () => (csrf ??= (await call("GET", sessionPath))?.csrf_token ?? null);

async function call(method, path, body) {
    const headers = { accept: "application/json" };
    if (method !== "GET" && !(method === "POST" && path === sessionPath)) headers["x-csrf-token"] = (await csrfToken()) ?? "";
    if (body !== undefined) headers["content-type"] = "application/json";
    let response;
    try {
        response = await fetch(path, {
            method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin", cache: "no-store",
            signal: AbortSignal.timeout(patience),
        });
    } catch (error) {
        throw new Refusal(0, error.name === "TimeoutError" ? "The supervisor does not answer." : "The supervisor cannot be reached.");
    }
    const text = await response.text();
    let json = null;
    try { json = text ? JSON.parse(text) : null; } catch { json = null; }
    if (response.status === 401 && location.pathname !== "/admin/login") {
        location.assign(`/admin/login?next=${encodeURIComponent(location.pathname)}`);
    }
    if (response.status === 403) csrf = null;
    if (!response.ok) throw new Refusal(response.status, json?.message ?? json?.error ?? `${response.status} ${response.statusText}`);
    return json;
}

/** The rows of an answer, whether it is an array or an object with one. */
function rows(json) {
    if (Array.isArray(json)) return json;
    for (const value of Object.values(json ?? {})) if (Array.isArray(value)) return value;
    return [];
}

const query = (values) => {
    const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ""));
    return text.size ? `?${text}` : "";
};
const part = encodeURIComponent;
const get = (path) => call("GET", path);
const post = (path, body) => call("POST", path, body);

/** The registered groups of a status; `group_id` is the name that rows of messages have for it. */
export const groupsOf = (status) => (status.groups ?? []).filter((group) => !group.migrated_to).map((group) => ({ group_id: group.id, ...group }));

export const api = {
    login: (token) => post(sessionPath, { token }),
    logout: () => call("DELETE", sessionPath),
    whoami: () => get(sessionPath),

    everything: () => get("/admin/status"),
    history: async () => {
        const { columns = [], points = [] } = await get("/admin/history");
        return points.map((point) => Object.fromEntries(columns.map((name, i) => [name, point[i]])));
    },
    restart: (stage) => post(`/admin/live-crawler/restart${query({ stage })}`),

    groups: async () => groupsOf(await get("/admin/status")),
    crawlerStatus: async () => rows(await get("/admin/crawler-status")).filter((group) => !group.migrated_to),
    turn: (group, on) => post(`/admin/crawler-status/${part(group)}/toggle`, { is_enabled: on }),
    crawl: (group) => post(`/admin/crawler-status/${part(group)}/crawl`),

    deadLetters: async (resolved) => rows(await get(`/admin/failed-messages${query({ resolved })}`)),
    retry: (id) => post(`/admin/failed-messages/${part(id)}/retry`),

    limits: async () => rows(await get("/admin/limits")),
    audit: async (before) => rows(await get(`/admin/audit-log${query({ before })}`)),
    /** The newest messages, oldest first, of one group or of all. */
    recent: async (group) => rows(await get(`/admin/messages${query({ group_id: group, limit: recentMessages })}`)).reverse(),
    /** The id of the newest change that there is. */
    newestChange: async () => (await get("/changes")).last,
    since: async (after) => rows(await get(`/changes${query({ after, limit: 200 })}`)),

    accounts: async () => rows(await get("/admin/accounts")),
    pause: (account) => post(`/admin/accounts/${part(account)}/pause`),
    resume: (account) => post(`/admin/accounts/${part(account)}/resume`),
    startLogin: (account) => post(`/admin/accounts/${part(account)}/login`),
    loginState: (account) => get(`/admin/accounts/${part(account)}/login`),
    loginPassword: (account, password) => post(`/admin/accounts/${part(account)}/login/password`, { password }),
    endLogin: (account) => call("DELETE", `/admin/accounts/${part(account)}/login`),
};

/** Newest first by a field that is a time. */
export const newest = (list, field) => [...list].sort((a, b) => (moment(b[field]) || 0) - (moment(a[field]) || 0));
