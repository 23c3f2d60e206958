/**
 * Setup: a gateway over fakes, and short ways to ask it.
 * @module
 */
import { incidentBehaviour } from "../../actors/alert/incident/behaviour.ts";
import { flowBehaviour } from "../../actors/flow/behaviour.ts";
import { IdMaker } from "../../runtime/ids.ts";
import { redact } from "../../runtime/telemetry/redact.ts";
import { createAlertService } from "../alerts/alert_service.ts";
import { createFlowService } from "../flows/flow_service.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../gateway.ts";
import { FakeCalendarService } from "./fake_calendars.ts";
import { FakeNode } from "./fake_node.ts";
import { FakeScheduleService } from "./fake_schedules.ts";
import { FakeSystem } from "./fake_system.ts";
import { FakeJobService } from "./fake_service.ts";
import { webhooksOn } from "./webhooks.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";

/** A request in short: objects become JSON. */
export interface Ask {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers of every shape; the assertions are what checks them.
  readonly json: Record<string, unknown>;
}

/** Everything a test of the gateway needs. */
export interface GatewayUnderTest {
  readonly jobs: FakeJobService;
  readonly node: FakeNode;
  readonly schedules: FakeScheduleService;
  readonly calendars: FakeCalendarService;
  /** Where flows live: the real service over an actor system without a store. */
  readonly flowSystem: FakeSystem;
  /** Where incidents live, likewise. */
  readonly alertSystem: FakeSystem;
  /** Where webhooks live, likewise. */
  readonly webhookSystem: FakeSystem;
  readonly clock: VirtualClock;
  readonly gateway: Gateway;
  /** What was logged. */
  readonly logged: string[];
  /** `ask("POST /job", {body: {name: "a"}})`. */
  ask(request: string, ask?: Ask): Promise<Answer>;
  /** The same, without reading the answer. */
  fetch(request: string, ask?: Ask): Promise<Response>;
}

/** A gateway over fakes; time stands still. */
export function setup(options: Partial<GatewayOptions> = {}): GatewayUnderTest {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const jobs = new FakeJobService(clock);
  const node = new FakeNode();
  const schedules = new FakeScheduleService(clock);
  const calendars = new FakeCalendarService();
  const flowSystem = new FakeSystem(clock.wallMs()).host(flowBehaviour);
  const ids = new IdMaker((count) => new Uint8Array(count));
  const flows = createFlowService({ system: flowSystem, clock, ids });
  const logged: string[] = [];
  const log = (level: string, message: string, fields: Readonly<Record<string, unknown>>): void =>
    void logged.push(`${level} ${message} ${JSON.stringify(redact(fields))}`);
  const alertSystem = new FakeSystem(clock.wallMs()).host(incidentBehaviour(() => undefined));
  const alerts = createAlertService({
    ...{ system: alertSystem, clock, ids, node: "a", channels: ["ops"] },
    raised: () => new Map([["job.failed", 3]]),
  });
  const webhookSystem = new FakeSystem(clock.wallMs());
  const webhooks = webhooksOn(webhookSystem, clock);
  const services = { jobs, node, schedules, calendars, flows, alerts, webhooks };
  const gateway = createGateway(services, { clock, log, ...options });
  const fetch = async (request: string, ask: Ask = {}): Promise<Response> =>
    await gateway.fetch(newRequest(request, ask));
  return {
    ...{ jobs, node, schedules, calendars, flowSystem, alertSystem, webhookSystem },
    ...{ clock, gateway, logged, fetch },
    ask: async (request, ask) => await read(await fetch(request, ask)),
  };
}

/** Reads a whole answer; `json` is empty when it is no JSON. */
export async function read(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  return { status, headers, text, json: isJson && text !== "" ? JSON.parse(text) : {} };
}

/** Resolves once every promise that can go on without outside help has done so: one turn of the event loop. */
export function drained(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** `"POST /job"` and its parts as a request; strings and streams are sent as they are. */
export function newRequest(request: string, { body, headers = {} }: Ask): Request {
  const [method = "GET", path = "/"] = request.split(" ");
  const raw = body === undefined || typeof body === "string" || body instanceof ReadableStream ||
    body instanceof Uint8Array;
  return new Request(`http://127.0.0.1${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: raw ? body as BodyInit : JSON.stringify(body) }),
  });
}

/** What a stream has sent so far, as text, up to and with `until`. Cancel it with `stop`. */
export class StreamReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("the response has no body");
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until `wanted` has come; throws when the stream ends before. */
  async until(wanted: string): Promise<string> {
    while (!this.text.includes(wanted)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`the stream ended before ${wanted}: ${this.text}`);
      this.text += value;
    }
    return this.text;
  }

  /** Reads to the end. */
  async toEnd(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.text;
      this.text += value;
    }
  }

  async stop(): Promise<void> {
    await this.#reader.cancel();
  }
}
