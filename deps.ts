/**
 * Every third-party import of the program, in one place: versions are pinned in `deno.json`,
 * and replacing a library is a change of this file. Worker entry points import nothing from
 * here, because whatever they import is their start-up cost.
 *
 * @module
 */
export { CronDate, CronPattern } from "croner";
export { Hono } from "hono";
export type { Context } from "hono";
export { z } from "zod";
export * as comlink from "comlink";
export { configureSync, getLogger } from "@logtape/logtape";
export type { Logger, LogRecord } from "@logtape/logtape";
export {
  context,
  metrics as otelMetrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
export type { Context as TraceContext, Meter as OtelMeter } from "@opentelemetry/api";
export { Packr, Unpackr } from "msgpackr";
export { Cluster, Redis } from "ioredis";
/** Loaded when the first scrape comes: its import costs more than the rest of a node's start. */
export const promClient = () => import("prom-client");
