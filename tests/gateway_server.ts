/**
 * GatewayServer: a gateway over fakes on a real port, and raw connections to it.
 * @module
 */
import { flowBehaviour } from "../actors/flow/behaviour.ts";
import { createAlertService } from "../gateway/alerts/alert_service.ts";
import { createFlowService } from "../gateway/flows/flow_service.ts";
import { FakeSystem } from "../gateway/testing/fake_system.ts";
import { IdMaker } from "../runtime/ids.ts";
import { createGateway, type GatewayOptions } from "../gateway/gateway.ts";
import { type ServedGateway, servedHosts, serveGateway } from "../gateway/serve.ts";
import { FakeCalendarService } from "../gateway/testing/fake_calendars.ts";
import { FakeNode } from "../gateway/testing/fake_node.ts";
import { FakeScheduleService } from "../gateway/testing/fake_schedules.ts";
import { FakeJobService } from "../gateway/testing/fake_service.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

/** A served gateway and what stands behind it. */
export interface GatewayServer extends AsyncDisposable {
  readonly jobs: FakeJobService;
  readonly schedules: FakeScheduleService;
  readonly node: FakeNode;
  readonly served: ServedGateway;
  readonly url: string;
  /** What was logged. */
  readonly logged: string[];
}

/** Listens on a free port of 127.0.0.1 until it is disposed of. */
export function startServer(
  options: Partial<GatewayOptions> = {},
  stopGraceMs = 2_000,
): GatewayServer {
  const jobs = new FakeJobService(systemClock);
  const schedules = new FakeScheduleService(systemClock);
  const system = new FakeSystem(systemClock.wallMs()).host(flowBehaviour);
  const ids = new IdMaker((count) => crypto.getRandomValues(new Uint8Array(count)));
  const flows = createFlowService({ system, clock: systemClock, ids });
  const logged: string[] = [];
  const alerts = createAlertService({
    ...{ system, clock: systemClock, ids, node: "a", channels: [] },
    raised: () => new Map(),
  });
  const calendars = new FakeCalendarService();
  const node = new FakeNode();
  const services = { jobs, node, schedules, flows, calendars, alerts };
  const gateway = createGateway(services, {
    clock: systemClock,
    hosts: servedHosts("127.0.0.1") ?? [],
    log: (level, text, fields) => void logged.push(`${level} ${text} ${JSON.stringify(fields)}`),
    ...options,
  });
  const served = serveGateway(gateway, { host: "127.0.0.1", port: 0, stopGraceMs });
  return {
    ...{ jobs, schedules, node, served, logged },
    url: served.url,
    [Symbol.asyncDispose]: () => served.stop(),
  };
}

/** Sends bytes as they are and reads until the server closes, or until `until` has come. */
export async function rawExchange(
  server: GatewayServer,
  { send, until, halfClose = false }: {
    send: string | Uint8Array;
    until?: string;
    halfClose?: boolean;
  },
): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.served.port });
  const bytes = typeof send === "string" ? new TextEncoder().encode(send) : send;
  // A server that has heard enough may close while we still send.
  const sending = writeAll(connection, bytes).catch(() => {});
  if (halfClose) await sending.then(() => connection.closeWrite());
  let text = "";
  const buffer = new Uint8Array(16 * 1024);
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, count));
      if (until !== undefined && text.includes(until)) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  await sending;
  return text;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
