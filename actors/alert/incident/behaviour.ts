/**
 * Incident: what one rule makes of one group of events, as an actor, from the first of them on.
 *
 * Intuition: it counts, decides whether somebody must know, and brings the jobs about that tell them (turn.ts,
 * IN1–IN4). It lives as long as somebody may ask what it was, and opens again when it happens again.
 *
 * Not here: which events come here (alert_driver.ts), how they are told (delivery/, channels/).
 * @module
 */
import type { Behaviour } from "../../../runtime/actor/behaviour.ts";
import { unreachable } from "../../../runtime/fault.ts";
import type { BeginTrace } from "../../trace/job_trace.ts";
import type { AlertRule } from "../rule.ts";
import { decodeIncident, encodeIncident, INCIDENT_KIND } from "./codec.ts";
import type { IncidentEffect, IncidentMessage, IncidentReply } from "./messages.ts";
import type { IncidentState } from "./state.ts";
import { type IncidentStep, IncidentTurn, type Scene } from "./turn.ts";

/** The incident as a kind of actor; `ruleOf` knows the rules by name. `beginTrace` absent: what is told is not traced. */
export function incidentBehaviour(
  ruleOf: (name: string) => AlertRule | undefined,
  beginTrace?: BeginTrace,
): Behaviour<IncidentState, IncidentMessage, IncidentReply, IncidentEffect> {
  return {
    kind: INCIDENT_KIND,
    decode: decodeIncident,
    encode: encodeIncident,
    receive: (state, message, context) =>
      receive(state, message, { context, rule: ruleOf(state.subject.rule), beginTrace }),
    resident: () => false,
    wakes: { wake: () => ({ kind: "wake" }), overdue: null },
    adopts: null,
  };
}

function receive(state: IncidentState, message: IncidentMessage, scene: Scene): IncidentStep {
  const turn = new IncidentTurn(state, scene);
  switch (message.kind) {
    case "wake":
      turn.look();
      return turn.step();
    case "events":
      turn.events(message.events);
      return turn.step();
    case "ends":
      turn.ends(message);
      return turn.step();
    case "job-over":
      turn.over([message.jobId]);
      return turn.step();
    case "looked":
      turn.over(message.over);
      return turn.step();
    case "silence":
      turn.silence(message.untilMs, message.note);
      return turn.step();
    default:
      return unreachable(message);
  }
}
