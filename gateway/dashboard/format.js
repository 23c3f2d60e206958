/**
 * Format: numbers, spans and moments as text.
 * @module
 */
import { el } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 12,345. */
export function count(value) {
  return NUMBER.format(value);
}

/** 12.3K. */
export function short(value) {
  return value < 10_000 ? NUMBER.format(Math.round(value * 10) / 10) : COMPACT.format(value);
}

/** A span of ms: 340 ms, 1.2 s, 4 m 10 s, 2 h 5 m, 3 d 4 h. */
export function span(ms) {
  const s = Math.abs(ms) / 1_000;
  if (s < 1) return `${Math.round(s * 1_000)} ms`;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} m ${Math.round(s % 60)} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.round((s % 3_600) / 60)} m`;
  return `${Math.floor(s / 86_400)} d ${Math.round((s % 86_400) / 3_600)} h`;
}

/** "3 s ago", "in 2 m 10 s". */
export function relative(iso, now = Date.now()) {
  const ms = new Date(iso).getTime() - now;
  if (Math.abs(ms) < 1_000) return "now";
  const text = span(Math.abs(ms) < 60_000 ? Math.round(ms / 1_000) * 1_000 : ms).replace(".0", "");
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

/** Local date and time. */
export function clock(iso) {
  const date = new Date(iso);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A moment as a `time` element: how long ago, and exactly when it is pointed at. Null: a dash. */
export function moment(iso) {
  if (iso === null || iso === undefined) return el("span", { class: "muted" }, "–");
  return el("time", { datetime: iso, title: `${clock(iso)} (${iso})` }, relative(iso));
}

/** The same, with both shown. */
export function fullMoment(iso) {
  return el("time", { datetime: iso, title: iso }, `${clock(iso)} · ${relative(iso)}`);
}

/** Lets every shown moment tell its distance anew. */
export function refreshMoments(root = document) {
  const now = Date.now();
  for (const node of root.querySelectorAll("time[datetime]")) {
    const iso = node.getAttribute("datetime");
    const text = node.textContent.includes(" · ")
      ? `${clock(iso)} · ${relative(iso, now)}`
      : relative(iso, now);
    if (node.textContent !== text) node.textContent = text;
  }
}
