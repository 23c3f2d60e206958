/**
 * JobActions: what can be done with all jobs that match a filter.
 * @module
 */
import { post } from "../api.js";
import { ask, toast } from "./dom.js";
import { many } from "./format.js";

const WORDS = {
  retry: {
    verb: "Retry",
    done: "Retried",
    means: "Failed and cancelled jobs run again.",
    kind: "primary",
  },
  cancel: {
    verb: "Cancel",
    done: "Cancelled",
    means: "Cancelled jobs don't run; running attempts are stopped. This can't be undone.",
    kind: "danger",
  },
};

/**
 * Asks, then repeats the bounded call until all are done, and tells how many were.
 * @param {Record<string, string>} filter
 * @param {"retry" | "cancel"} command
 * @param {AbortSignal} signal
 */
export async function actOnAll(filter, command, signal) {
  const { verb, done, means, kind } = WORDS[command];
  const all = Object.keys(filter).length === 0;
  const words = Object.entries(filter).map(([key, value]) => `${key} = ${value}`).join(", ");
  const which = all ? "There is no filter: this means every job." : `Filter: ${words}.`;
  const agreed = await ask(`${verb} ${all ? "all jobs" : "all matching jobs"}?`, {
    text: `${which} ${means}`,
    confirm: `${verb} them`,
    kind,
  });
  if (agreed === null) return;
  let touched = 0;
  try {
    let cursor = null;
    do {
      const where = { ...filter, ...(all && { all: true }), ...(cursor !== null && { cursor }) };
      const answer = await post(`/jobs/${command}`, where);
      touched += answer.done;
      cursor = answer.cursor;
    } while (cursor !== null && !signal.aborted);
    toast(`${done} ${many(touched, "job")}`);
  } catch (error) {
    toast(`After ${many(touched, "job")}: ${error.message}`, "bad");
  }
}
