/** The audit log in a real file: order, rotation, failures, bounds. */
import assert from "node:assert/strict";
import { AuditFile } from "../gateway/audit/audit_file_driver.ts";
import { AUDIT_BYTES_MAX } from "../gateway/limits.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

async function setup() {
  const dir = await Deno.makeTempDir({ prefix: "orrery-audit-" });
  const path = `${dir}/audit.log`;
  const told: string[] = [];
  const tell = (level: string, message: string) => void told.push(`${level} ${message}`);
  const lines = async (from = path) =>
    (await Deno.readTextFile(from)).split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    ...{ dir, path, told, lines },
    open: () => new AuditFile({ path, clock: systemClock, tell }),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

Deno.test("AuditFile keeps lines in their order, and those of earlier starts (D3)", async () => {
  await using test = await setup();
  for (let start = 0; start < 2; start++) {
    const file = test.open();
    for (let at = 0; at < 1_000; at++) file.write({ n: start * 1_000 + at });
    await file.close();
  }
  const lines = await test.lines();
  assert.deepEqual(lines.map(({ n }) => n), Array.from({ length: 2_000 }, (_, at) => at));
  assert.match(String(lines[0]?.["time"]), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal(((await Deno.stat(test.path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("AuditFile goes on in a new file when the old one was moved away", async () => {
  await using test = await setup();
  const file = test.open();
  file.write({ n: 1 });
  await file.settled();
  await Deno.rename(test.path, `${test.path}.1`);
  file.write({ n: 2 });
  await file.settled();
  file.reopen();
  file.write({ n: 3 });
  await file.close();
  assert.deepEqual((await test.lines(`${test.path}.1`)).map(({ n }) => n), [1, 2]);
  assert.deepEqual((await test.lines()).map(({ n }) => n), [3]);
});

Deno.test("AuditFile tells once that it cannot write, counts what is lost, and goes on when it can (D2)", async () => {
  await using test = await setup();
  const file = test.open();
  await Deno.remove(test.path);
  await Deno.mkdir(test.path);
  file.reopen();
  for (let at = 0; at < 3; at++) {
    file.write({ n: at });
    await file.settled();
  }
  assert.equal(test.told.length, 1);
  assert.match(test.told[0] ?? "", /^error the audit file cannot be written: /);
  await Deno.remove(test.path);
  file.write({ n: 3 });
  await file.close();
  const lines = await test.lines();
  assert.deepEqual(lines.map(({ event, lines, n }) => event ?? n ?? lines), ["audit.dropped", 3]);
  assert.equal(lines[0]?.["lines"], 3);
  assert.match(test.told[1] ?? "", /^info .* can be written again/);
});

Deno.test("AuditFile holds a bounded number of bytes, and tells what it dropped (D1)", async () => {
  await using test = await setup();
  const file = test.open();
  const text = "x".repeat(100_000);
  const count = Math.ceil((2 * AUDIT_BYTES_MAX) / text.length);
  for (let at = 0; at < count; at++) file.write({ n: at, text });
  await file.settled();
  file.write({ n: "last" });
  await file.close();
  const lines = await test.lines();
  const dropped = lines.find(({ event }) => event === "audit.dropped");
  assert.ok(lines.length < count && lines.length > 0.4 * count);
  assert.equal(lines.length - 2 + Number(dropped?.["lines"]), count);
  assert.equal(lines.at(-1)?.["n"], "last");
});

Deno.test("AuditFile says at start when its file cannot be had", () => {
  const path = "/nowhere/at/all/audit.log";
  assert.throws(() => new AuditFile({ path, clock: systemClock, tell: () => {} }));
});
