/**
 * Search: a filter of jobs in the terms of the store.
 * @module
 */
import { label } from "../../actors/job/codec.ts";
import type { FindQuery } from "../../runtime/store/port.ts";
import type { JobFilter } from "../service.ts";

/** The labels and the span of time that `filter` asks for. */
export function searchOf(filter: JobFilter): Pick<FindQuery, "labels" | "fromMs" | "toMs"> {
  const labels: string[] = [];
  if (filter.state !== undefined) labels.push(label.state(filter.state));
  if (filter.name !== undefined) labels.push(label.name(filter.name));
  if (filter.queue !== undefined) labels.push(label.queue(filter.queue));
  if (filter.tag !== undefined) labels.push(label.tag(filter.tag));
  if (filter.scheduleId !== undefined) labels.push(label.schedule(filter.scheduleId));
  if (filter.flowId !== undefined) labels.push(label.flow(filter.flowId));
  return {
    labels,
    ...(filter.fromMs === undefined ? {} : { fromMs: filter.fromMs }),
    ...(filter.toMs === undefined ? {} : { toMs: filter.toMs }),
  };
}
