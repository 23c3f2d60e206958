/**
 * Api: the public HTTP API, as this page uses it. There is no private one.
 *
 * The key, where keys are on, is in this tab's session storage and goes out in a header: no cookie,
 * so no other site can borrow it. EventSource can't send headers; streams are read with `fetch`.
 * @module
 */

const KEY = "orrery.key";
const RECONNECT_MS = { min: 500, max: 10_000 };

/** A refusal, from its problem document. */
export class ApiError extends Error {
  constructor(status, problem) {
    const fields = (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`);
    super([problem.detail, ...fields].filter(Boolean).join(" · ") || `HTTP ${status}`);
    this.status = status;
    this.title = problem.title ?? `HTTP ${status}`;
  }
}

let declined = false;
/** @type {(refused: boolean) => Promise<string | null>} */
let promptForKey = () => Promise.resolve(null);
/** @type {Promise<string | null> | null} */
let prompted = null;

/**
 * Sets who asks the user for a key; it resolves with the key, or null.
 * @param {(refused: boolean) => Promise<string | null>} prompt
 */
export function setKeyPrompt(prompt) {
  promptForKey = prompt;
}

/** Whether a key is held. */
export function signedIn() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Forgets the key. */
export function signOut() {
  sessionStorage.removeItem(KEY);
}

function headers(more = {}) {
  const key = sessionStorage.getItem(KEY);
  return { ...more, ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
}

/**
 * Asks for a key, once for all requests that wait; true when there is a new one. Who declines is not asked again
 * until the page is loaded anew.
 */
async function needKey(refused) {
  if (declined) return false;
  prompted ??= promptForKey(refused).finally(() => prompted = null);
  const key = await prompted ?? "";
  declined = key === "";
  if (declined) return false;
  sessionStorage.setItem(KEY, key);
  return true;
}

async function send(path, init) {
  try {
    return await fetch(path, { ...init, credentials: "omit", headers: headers(init.headers) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { title: "The node does not answer", detail: "It may be restarting." });
  }
}

/**
 * One request; throws {@link ApiError}. `query` members without a value are left out.
 * @param {string} method
 * @param {string} path
 * @param {{query?: Record<string, any>, body?: unknown, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON
 */
export async function call(method, path, { query = {}, body, signal } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
  const init = {
    method,
    signal,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  let response = await send(path + search, init);
  while (response.status === 401 && await needKey(signedIn())) {
    response = await send(path + search, init);
  }
  const text = await response.text();
  const json = parse(text);
  if (!response.ok) throw new ApiError(response.status, json);
  return json;
}

function parse(text) {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return {};
  }
}

/**
 * `GET`.
 * @param {string} path
 * @param {Record<string, any>} [query]
 * @param {AbortSignal} [signal]
 */
export function get(path, query = {}, signal = undefined) {
  return call("GET", path, { query, signal });
}

/**
 * `POST`.
 * @param {string} path
 * @param {unknown} [body]
 */
export function post(path, body = undefined) {
  return call("POST", path, { body });
}

/**
 * An id as one part of a path.
 * @param {string} id
 */
export function part(id) {
  return encodeURIComponent(id);
}

/**
 * Follows an event stream until `signal` ends, coming back where it broke off.
 * `onEvents` gets all events of a chunk at once: thousands a second are a few calls.
 * `onState` is told "live", "connecting" or "refused".
 * @param {string} path
 * @param {{onEvents: (events: any[]) => void, onState?: (state: string) => void, signal: AbortSignal}} options
 */
export async function follow(path, { onEvents, onState = () => {}, signal }) {
  let last = null;
  let wait = RECONNECT_MS.min;
  while (!signal.aborted) {
    onState("connecting");
    try {
      const more = { accept: "text/event-stream", ...(last !== null && { "last-event-id": last }) };
      const response = await fetch(path, { headers: headers(more), signal, credentials: "omit" });
      if (response.ok) {
        onState("live");
        wait = RECONNECT_MS.min;
        last = await readEvents(response.body, { last, onEvents });
      } else if ([401, 403, 404].includes(response.status)) {
        onState("refused");
        wait = RECONNECT_MS.max;
      }
    } catch {
      if (signal.aborted) return;
    }
    await pause(wait, signal);
    wait = Math.min(wait * 2, RECONNECT_MS.max);
  }
}

async function readEvents(body, { last, onEvents }) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true }));
    if (done) return last;
    rest += value;
    const end = rest.lastIndexOf("\n\n");
    if (end === -1) continue;
    const events = rest.slice(0, end).split("\n\n").map(readEvent).filter((event) =>
      event !== null
    );
    rest = rest.slice(end + 2);
    for (const { id } of events) last = id ?? last;
    if (events.length > 0) onEvents(events);
  }
}

function readEvent(block) {
  let kind = "message";
  let data = "";
  let id = null;
  for (const line of block.split("\n")) {
    if (line.startsWith("data: ")) data += line.slice(6);
    else if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("id: ")) id = line.slice(4);
  }
  return data === "" ? null : { kind, id, data: parse(data) };
}

function pause(ms, signal) {
  /** @type {PromiseWithResolvers<void>} */
  const { promise, resolve } = Promise.withResolvers();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  return promise;
}
