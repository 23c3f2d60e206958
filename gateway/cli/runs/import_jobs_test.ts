import assert from "node:assert/strict";
import { setup } from "../../testing/setup.ts";
import { execute } from "../execute.ts";
import { fakeWorld } from "../testing/fake_world.ts";

/** Imports `text` with `args` into `gateway`. */
async function imported(
  { gateway }: ReturnType<typeof setup>,
  text: string,
  ...args: string[]
) {
  const under = fakeWorld({
    files: { "jobs": text },
    fetch: async (input, init) => await gateway.fetch(new Request(input, init)),
  });
  const code = await execute(["import", "jobs", ...args], under.world, { version: "1" });
  return { code, ...under };
}

Deno.test("import submits the jobs of a file, and tells which lines were refused", async () => {
  const under = setup();
  const lines = ['{"name":"mail","payload":1}', "", "{oops", '{"nome":"x"}', "[]", '{"name":"a"}'];
  const { code, printed, complaints } = await imported(under, lines.join("\n"), "--batch", "1");
  assert.equal(code, 1);
  assert.match(printed.join(), /^2 accepted {2}3 refused {2}in/);
  assert.deepEqual(
    complaints.map((line) => line.split(":", 1)[0]),
    ["line 3", "line 5", "line 4"]
      .toSorted(),
  );
  const { records } = await under.jobs.list({ filter: {}, order: "oldest", limit: 10 });
  assert.deepEqual(records.map(({ job }) => job.spec.name).toSorted(), ["a", "mail"]);
});

Deno.test("import takes one array too", async () => {
  const { code, printed } = await imported(setup(), '[\n{"name":"a"},\n{"name":"b"}\n]', "--json");
  assert.equal(code, 0);
  const report = JSON.parse(printed[0] ?? "");
  assert.deepEqual(report, { accepted: 2, existing: 0, refused: 0, errors: [] });
});

Deno.test("import --id-prefix makes nothing twice in a second run", async () => {
  const under = setup();
  const text = '{"name":"a"}\n{"name":"b","id":"own"}\n';
  await imported(under, text, "--id-prefix", "day-1-");
  const { code, printed } = await imported(under, text, "--id-prefix", "day-1-", "--json");
  assert.deepEqual([code, JSON.parse(printed[0] ?? "").existing], [0, 2]);
  assert.ok(await under.jobs.get("day-1-1") && await under.jobs.get("own"));
});

Deno.test("import shows how far it has come", async () => {
  const { statuses } = await imported(setup(), '{"name":"a"}\n{"name":"b"}');
  assert.match(statuses[0] ?? "", /^\[#+-*\] +\d+ % {2}2 accepted {2}0 refused$/);
  assert.equal(statuses.at(-1), "");
});
