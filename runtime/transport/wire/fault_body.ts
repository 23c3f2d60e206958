/**
 * FaultBody: a Fault as the body of a message, and back.
 *
 * A code that isn't known here, from a newer peer, becomes `timeout`: the one that promises nothing.
 * @module
 */
import { Fault, type FaultCode } from "../../fault.ts";

/** What travels: `message` is the fault's, with its operation in front. */
export interface FaultBody {
  readonly op: string;
  readonly code: FaultCode;
  readonly message: string;
}

/** Every code; the compiler knows when one is missing. */
const CODES: Readonly<Record<FaultCode, true>> = {
  "timeout": true,
  "unavailable": true,
  "full": true,
  "read-only": true,
  "overloaded": true,
  "corrupt": true,
  "mismatch": true,
};
/** Characters of a text that are kept: faults are read by people. */
const TEXT_CHARS_MAX = 2_000;

/** The body that tells of `fault`. */
export function bodyOfFault({ op, code, message }: Fault): FaultBody {
  const prefix = `${op}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return { op: op.slice(0, TEXT_CHARS_MAX), code, message: text.slice(0, TEXT_CHARS_MAX) };
}

/** The fault that `body` tells of; anything else makes a `timeout`. */
export function faultOfBody(body: unknown): Fault {
  const { op, code, message } = (typeof body === "object" ? body ?? {} : {}) as Partial<FaultBody>;
  const known = typeof code === "string" && Object.hasOwn(CODES, code);
  return new Fault(typeof op === "string" ? op : "transport.ask", known ? code : "timeout", {
    message: typeof message === "string" ? message : "the peer failed in a way unknown here",
  });
}
