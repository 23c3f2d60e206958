/**
 * ZmqStage: real sockets on this machine; time passes by itself.
 * @module
 */
import type { BootId, NodeName } from "../../ids.ts";
import { systemClock } from "../../system/system_clock.ts";
import type { LogFields } from "../../telemetry/log.ts";
import type { CurveKeys } from "../zmq/keys.ts";
import { openZmqTransport, type ZmqTransport } from "../zmq/driver.ts";
import type { LoggedLine, NodeOptions, Stage } from "./stage.ts";

/** A stage of the ZeroMQ driver, with keys or without. */
export class ZmqStage implements Stage {
  readonly logged: LoggedLine[] = [];
  readonly #open: ZmqTransport[] = [];

  constructor(private readonly curve?: CurveKeys) {}

  open(name: string, options: NodeOptions = {}): Promise<ZmqTransport> {
    const { address = "127.0.0.1:0", within } = options;
    const log = (_level: string, message: string, fields: LogFields = {}) =>
      void this.logged.push({ message, fields });
    const transport = openZmqTransport({
      node: name as NodeName,
      boot: `boot-${name}` as BootId,
      bind: address,
      clock: systemClock,
      log,
      ...(this.curve && { curve: this.curve }),
      ...(within && { within }),
    });
    this.#open.push(transport);
    return Promise.resolve(transport);
  }

  nobody(): string {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return `127.0.0.1:${port}`;
  }

  wait<Value>(promise: Promise<Value>): Promise<Value> {
    return promise;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((transport) => transport.close()));
  }
}
