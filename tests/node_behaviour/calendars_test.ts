import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { nodeSuite, type SuiteContext } from "../support/suite.ts";
import { Workspace } from "../support/workspace.ts";

interface Calendar {
  readonly name: string;
  readonly source: string;
  readonly dates: readonly string[];
}

/** Today and its neighbours, in UTC: midnight does not disturb the test. */
function today(): string[] {
  return [-1, 0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString())
    .map((text) => text.slice(0, 10));
}

/** Waits until the schedule's latest occurrences are all of this kind. */
async function decides({ client }: Pick<SuiteContext, "client">, id: string, decision: string) {
  type Page = { readonly occurrences: readonly { readonly decision: string }[] };
  const path = `/schedule/${id}/occurrences?limit=2`;
  await eventually(async () => {
    const { occurrences } = (await client.request<Page>(path)).body;
    const all = occurrences.length > 0 && occurrences.every((one) => one.decision === decision);
    return all || undefined;
  }, { what: `two fires that are ${decision}` });
}

async function put(
  { client }: Pick<SuiteContext, "client">,
  name: string,
  dates: readonly string[],
) {
  const answer = await client.send<Calendar>(`/calendar/${name}`, {
    method: "PUT",
    json: { dates },
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

const every = (calendar: string) => ({
  ...{ every: "1s", overlap: "allow", job: { name: "noop" } },
  exclude: { calendars: [calendar] },
});

nodeSuite("a calendar", {}, {
  "that is not there is refused with its path": async ({ client }) => {
    const { status, body } = await client.post({ name: "noop", schedule: { every: "1h" } });
    assert.equal(status, 201, JSON.stringify(body));
    const refused = await client.send<{ errors: unknown }>("/schedule", { json: every("de") });
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body.errors), /"path":"exclude.calendars"/);
  },

  "stops the fires of its dates, and lets them go on, also after kill -9": async (context) => {
    const { client, restart } = context;
    await put(context, "de", []);
    const json = { id: "ticks", ...every("de") };
    assert.equal((await client.send("/schedule", { json })).status, 201);
    await decides(context, "ticks", "fired");
    await put(context, "de", today());
    await decides(context, "ticks", "excluded");
    await restart("SIGKILL");
    await decides(context, "ticks", "excluded");
    await put(context, "de", []);
    await decides(context, "ticks", "fired");
  },

  "that is deleted excludes nothing, and is warned of once": async (context) => {
    await put(context, "de", today());
    await decides(context, "ticks", "excluded");
    const deleted = await context.client.send("/calendar/de", { method: "DELETE" });
    assert.equal(deleted.status, 200);
    await decides(context, "ticks", "fired");
    const warned = context.node().lines.filter(({ event }) => event === "calendar.missing");
    assert.deepEqual(warned.map(({ calendar }) => calendar), ["de"]);
    assert.equal((await context.client.request("/calendar/de")).status, 404);
  },
});

Deno.test("calendars from files are heeded, read again on SIGHUP, and kept while a file is broken", async () => {
  const config = { calendars: { de: "de.ics", at: "at.txt" } };
  await using workspace = await Workspace.create({ config });
  const broken = workspace.launch();
  assert.deepEqual(await broken.exit(), { code: 2, signal: null });
  assert.match(broken.errors, /calendars\.de: de\.ics: there is no such file/);
  assert.match(broken.errors, /calendars\.at: at\.txt: there is no such file/);

  const events = today().map((date) =>
    `BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:${date.replaceAll("-", "")}\r\nEND:VEVENT\r\n`
  );
  const ics = (events: readonly string[]) =>
    `BEGIN:VCALENDAR\r\n${events.join("")}END:VCALENDAR\r\n`;
  const write = (name: string, text: string) => Deno.writeTextFile(workspace.path(name), text);
  await write("de.ics", ics(events));
  await write("at.txt", "2020-01-01\n");
  const { node, client } = await workspace.serve();
  const json = { id: "ticks", ...every("de") };
  assert.equal((await client.send("/schedule", { json })).status, 201);
  await decides({ client }, "ticks", "excluded");
  assert.equal((await client.send("/calendar/de", { method: "DELETE" })).status, 409);
  const shown = await client.request<{ calendars: unknown }>("/calendars");
  assert.deepEqual(shown.body.calendars, [
    { name: "at", source: "file", dates: 1 },
    { name: "de", source: "file", dates: 3 },
  ]);

  await write("de.ics", "BEGIN:VCALENDAR");
  node.signal("SIGHUP");
  const error = await node.line(({ event }) => event === "calendar.unreadable", { what: "error" });
  assert.match(String(error["error"]), /de\.ics: breaks off within VCALENDAR/);
  await decides({ client }, "ticks", "excluded");

  await write("de.ics", ics(["BEGIN:VEVENT\r\nDTSTART:20200101\r\nEND:VEVENT\r\n"]));
  node.signal("SIGHUP");
  await decides({ client }, "ticks", "fired");
});
