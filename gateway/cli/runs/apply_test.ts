import assert from "node:assert/strict";
import { setup } from "../../testing/setup.ts";
import { execute } from "../execute.ts";
import { fakeWorld } from "../testing/fake_world.ts";

const NIGHTLY = { id: "nightly", cron: "0 2 * * *", job: { name: "mail" } };
const HOURLY = { id: "hourly", every: "1h", job: { name: "mail" } };

async function applied(
  { gateway }: ReturnType<typeof setup>,
  files: Record<string, unknown>,
  ...args: string[]
) {
  const texts = Object.entries(files).map(([name, value]) =>
    [name, typeof value === "string" ? value : JSON.stringify(value)] as const
  );
  const under = fakeWorld({
    files: Object.fromEntries(texts),
    fetch: async (input, init) => await gateway.fetch(new Request(input, init)),
  });
  const code = await execute(["apply", ...args, "--json"], under.world, { version: "1" });
  const { schedules = [] } = JSON.parse(under.printed[0] ?? "{}");
  const outcomes = schedules.map(({ id, outcome }: Record<string, string>) => `${id} ${outcome}`);
  return { code, outcomes, complaints: under.complaints };
}

Deno.test("apply makes the schedules of files and folders so, as often as one likes", async () => {
  const under = setup();
  const files = { "s/a.json": [NIGHTLY], "s/b.json": HOURLY };
  const first = await applied(under, files, "s/");
  assert.deepEqual([first.code, first.outcomes], [0, ["nightly created", "hourly created"]]);
  const later = { ...files, "s/b.json": { ...HOURLY, every: "2h" } };
  const second = await applied(under, later, "s/a.json", "s/b.json");
  assert.deepEqual(second.outcomes, ["nightly unchanged", "hourly changed"]);
});

Deno.test("apply --dry-run makes nothing", async () => {
  const under = setup();
  const { code, outcomes } = await applied(under, { "a.json": NIGHTLY }, "a.json", "--dry-run");
  assert.deepEqual([code, outcomes], [0, ["nightly would be put"]]);
  assert.deepEqual((await under.ask("GET /schedule/nightly")).status, 404);
});

Deno.test("apply goes on behind a schedule that is refused", async () => {
  const wrong = { id: "wrong", job: { name: "mail" } };
  const { code, outcomes } = await applied(setup(), { "a.json": [wrong, HOURLY] }, "a.json");
  assert.deepEqual([code, outcomes], [1, ["wrong refused", "hourly created"]]);
});

Deno.test("apply sends nothing when a file is wrong", async () => {
  const { id: _, ...nameless } = HOURLY;
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ "a.json": "{" }, /^a\.json is not JSON/],
    [{ "a.json": [NIGHTLY, nameless] }, /^a\.json: schedule 2 has no id/],
    [{ "a.json": [NIGHTLY, NIGHTLY] }, /^nightly is in the files twice/],
    [{}, /no such file/],
  ];
  for (const [files, why] of cases) {
    const under = setup();
    const { code, complaints } = await applied(under, files, "a.json");
    assert.equal(code, 2);
    assert.match(complaints[0] ?? "", why);
    assert.equal((await under.ask("GET /schedule/nightly")).status, 404);
  }
});
