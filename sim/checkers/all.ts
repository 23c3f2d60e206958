/**
 * All checkers, in the order in which they see an event.
 * @module
 */
import { accepted, commands } from "./acceptance.ts";
import { atMostOnce, attempts } from "./attempts.ts";
import type { Checker } from "./checker.ts";
import { breaches, noted } from "./deadline/deadlines.ts";
import { fires, overlaps, skips } from "./schedule/fires.ts";
import { flowEnds, order } from "./flow/order.ts";
import { lateness } from "./lateness.ts";
import { paces, permits, starvation } from "./limit/limits.ts";
import { completion, transitions } from "./life.ts";
import { durableReports, logOrder, noCrash, noHammering, settledOnce } from "./reports.ts";
import { indexAgrees, liveness, nothingLeft, owners } from "./rest.ts";
import { priority, room } from "./room.ts";
import { backoff, cancelled, noEarlyStart, startedAsCommitted } from "./starts.ts";
import { covered, throttled, unique } from "./unique/keys.ts";
import { fence, takeover, versions } from "./store_rules.ts";

/** What every run is checked for. */
export const CHECKERS: readonly Checker[] = [
  fence,
  takeover,
  versions,
  transitions,
  completion,
  attempts,
  atMostOnce,
  noEarlyStart,
  startedAsCommitted,
  cancelled,
  backoff,
  accepted,
  commands,
  fires,
  overlaps,
  skips,
  order,
  flowEnds,
  room,
  priority,
  permits,
  paces,
  starvation,
  unique,
  throttled,
  covered,
  breaches,
  noted,
  durableReports,
  settledOnce,
  noCrash,
  noHammering,
  liveness,
  nothingLeft,
  owners,
  lateness,
  indexAgrees,
  logOrder,
];
