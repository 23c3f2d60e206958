/**
 * Format: numbers, spans and moments as text.
 * @module
 */
import { el } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/**
 * 12,345.
 * @param {number} value
 */
export function count(value) {
  return NUMBER.format(value);
}

/**
 * 1 job, 12,345 jobs.
 * @param {number} value
 * @param {string} word
 */
export function many(value, word) {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/**
 * 12.3K.
 * @param {number} value
 */
export function short(value) {
  return value < 10_000 ? NUMBER.format(Math.round(value * 10) / 10) : COMPACT.format(value);
}

/**
 * A span of ms: 340 ms, 1.2 s, 4 m 10 s, 2 h, 3 d 4 h.
 * @param {number} ms
 */
export function span(ms) {
  const s = Math.abs(ms) / 1_000;
  if (s < 0.9995) return `${Math.round(s * 1_000)} ms`;
  if (s < 59.5) return `${s < 9.95 ? Number(s.toFixed(1)) : Math.round(s)} s`;
  if (s < 3_599.5) return inUnits(Math.round(s), 60, ["m", "s"]);
  if (s < 86_370) return inUnits(Math.round(s / 60), 60, ["h", "m"]);
  return inUnits(Math.round(s / 3_600), 24, ["d", "h"]);
}

/**
 * So many small units as large ones and a rest, where there is one.
 * @param {number} whole
 * @param {number} size
 * @param {[large: string, small: string]} units
 */
function inUnits(whole, size, [large, small]) {
  const rest = whole % size;
  return `${Math.floor(whole / size)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/**
 * "3 s ago", "in 2 m 10 s".
 * @param {string} iso
 * @param {number} [now]
 */
export function relative(iso, now = Date.now()) {
  const ms = new Date(iso).getTime() - now;
  if (Math.abs(ms) < 1_000) return "now";
  const text = span(Math.abs(ms) < 60_000 ? Math.round(ms / 1_000) * 1_000 : ms);
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

/**
 * Local date and time.
 * @param {string} iso
 */
export function clock(iso) {
  const date = new Date(iso);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/**
 * A moment as a `time` element: how long ago, and exactly when it is pointed at. Null: a dash.
 * @param {string | null | undefined} iso
 */
export function moment(iso) {
  if (iso === null || iso === undefined) return el("span", { class: "muted" }, "–");
  return el("time", { datetime: iso, title: `${clock(iso)} (${iso})` }, relative(iso));
}

/**
 * The same, with both shown.
 * @param {string} iso
 */
export function fullMoment(iso) {
  return [clock(iso), el("small", {}, moment(iso))];
}

/**
 * Lets every shown moment tell its distance anew.
 * @param {ParentNode} [root]
 */
export function refreshMoments(root = document) {
  const now = Date.now();
  for (const node of root.querySelectorAll("time[datetime]")) {
    const text = relative(node.getAttribute("datetime") ?? "", now);
    if (node.textContent !== text) node.textContent = text;
  }
}
