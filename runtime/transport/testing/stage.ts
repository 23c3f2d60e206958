/**
 * Stage: where transports are tested: nodes by name, and time that passes by itself or by hand.
 * @module
 */
import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../../fault.ts";
import type { BootId, NodeName } from "../../ids.ts";
import type { LogFields } from "../../telemetry/log.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { MemoryHub, type MemoryTransport } from "../memory.ts";
import type { Sender, Transport } from "../port.ts";

/** What a node on a stage may be given. */
export interface NodeOptions {
  /** Where it listens; absent: somewhere free. */
  readonly address?: string;
  readonly within?: <Result>(traceparent: string, channel: string, run: () => Result) => Result;
}

/** A line that a transport logged. */
export interface LoggedLine {
  readonly message: string;
  readonly fields: LogFields;
}

/** Transports of one driver. */
export interface Stage {
  /** Lines logged by all nodes. */
  readonly logged: LoggedLine[];
  /** Opens a node; all are closed with the stage. */
  open(name: string, options?: NodeOptions): Promise<Transport>;
  /** A well-formed address at which nobody listens. */
  nobody(): string;
  /** Lets time pass until `promise` settles. */
  wait<Value>(promise: Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

/** Who a node of this name says it is. */
export function selfOf(name: string, address: string): Sender {
  return { node: name as NodeName, boot: `boot-${name}` as BootId, address };
}

/** Waits for `promise` to reject with a Fault of `code`; gives the fault. */
export async function faultFrom(
  stage: Stage,
  promise: Promise<unknown>,
  code: FaultCode,
): Promise<Fault> {
  const outcome = await stage.wait(promise.then((reply) => ({ reply }), (error) => error));
  assert.ok(outcome instanceof Fault, `a Fault ${code}, not ${JSON.stringify(outcome)}`);
  assert.equal(outcome.code, code, outcome.message);
  return outcome;
}

/** A stage of the memory driver: time passes only in `wait`. */
export class MemoryStage implements Stage {
  readonly clock = new VirtualClock();
  readonly hub = new MemoryHub(this.clock);
  readonly logged: LoggedLine[] = [];
  #ports = 1_000;

  open(name: string, options: NodeOptions = {}): Promise<MemoryTransport> {
    const { address = this.nobody(), within } = options;
    const log = (_level: string, message: string, fields: LogFields = {}) =>
      void this.logged.push({ message, fields });
    return Promise.resolve(
      this.hub.open(selfOf(name, address), { log, ...(within && { within }) }),
    );
  }

  nobody(): string {
    return `127.0.0.1:${this.#ports++}`;
  }

  async wait<Value>(promise: Promise<Value>): Promise<Value> {
    let settled = false;
    const mark = () => void (settled = true);
    promise.then(mark, mark);
    for (let steps = 0; !settled; steps++) {
      assert.ok(steps < 100_000, "what is waited for never comes");
      await this.clock.pass(1);
    }
    return await promise;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
