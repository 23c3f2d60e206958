/**
 * Settings: what this node says of itself and of the key, asked once.
 * @module
 */
import { get } from "./api.js";

/**
 * As `GET /dashboard/settings` tells them.
 * @typedef {{node: string, version: string, traceUrl: string | null,
 *   key: {name: string, scopes: string[], namespaces: string[] | null}}} Settings
 */

/** @type {Promise<Settings | null> | undefined} */
let asked;

/**
 * The settings; null when the node does not tell them. Marks what the key may not do, so that it is not offered.
 * @returns {Promise<Settings | null>}
 */
export function settings() {
  return asked ??= get("/dashboard/settings").then((found) => {
    const { scopes, namespaces } = found.key;
    const lacks = ["write", "admin"].filter((scope) => !scopes.includes(scope));
    if (namespaces !== null) lacks.push("cluster");
    document.documentElement.dataset.lacks = lacks.join(" ");
    return found;
  }, () => {
    asked = undefined;
    return null;
  });
}

/**
 * Where the trace of that id is looked at; null: nowhere.
 * @param {string} traceId
 * @returns {Promise<string | null>}
 */
export async function traceAddress(traceId) {
  const template = (await settings())?.traceUrl ?? null;
  return template?.replaceAll("{traceId}", encodeURIComponent(traceId)) ?? null;
}
