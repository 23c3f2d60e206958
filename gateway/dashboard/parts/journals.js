/**
 * Journals: what a job's attempts left line by line: its log, and its durable steps.
 * @module
 */
import { get, part } from "../api.js";
import { card, code, el, empty, show } from "./dom.js";

const LOG_LIMIT = 500;

/**
 * A card, and what reads on into it.
 * @typedef {{node: HTMLElement, more: () => Promise<void>}} Journal
 */

/**
 * The log, read on from where it was.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Journal}
 */
export function logCard(id, signal) {
  const lines = el("div", { class: "log mono", tabindex: "0", role: "log", "aria-label": "Log" });
  const place = el("div", {}, empty("No log lines", "What the handler logs appears here."));
  const at = { after: 0, busy: false };
  const more = async () => {
    if (at.busy) return;
    at.busy = true;
    try {
      for (let full = true; full && !signal.aborted;) {
        const query = { after: at.after, limit: LOG_LIMIT };
        const answer = await get(`/job/${part(id)}/logs`, query, signal);
        full = answer.lines.length === LOG_LIMIT;
        at.after = answer.next;
        if (answer.lines.length > 0 && !place.contains(lines)) show(place, lines);
        lines.append(
          ...answer.lines.map(({ n, text }) => el("div", {}, el("span", {}, n), el("p", {}, text))),
        );
      }
    } finally {
      at.busy = false;
    }
  };
  return { node: card("Log", {}, place), more };
}

/**
 * The steps and their results. Jobs without any have no card.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Journal}
 */
export function stepsCard(id, signal) {
  const list = el("ol", { class: "steps" });
  const node = card(
    "Steps",
    { aside: el("span", {}, "done once, whatever happens to attempts") },
    list,
  );
  node.hidden = true;
  const more = async () => {
    const { steps } = await get(`/job/${part(id)}/steps`, {}, signal);
    if (steps.length === list.childElementCount) return;
    node.hidden = false;
    show(
      list,
      steps.map(({ name, result }) =>
        el("li", {}, el("span", {}, name), code(result, `Result of ${name}`))
      ),
    );
  };
  return { node, more };
}
