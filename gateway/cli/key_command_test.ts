import assert from "node:assert/strict";
import { loadConfig } from "../../config/load.ts";
import { KeyRing } from "../auth/key_ring.ts";
import { keyCommand } from "./key_command.ts";

const NOW_MS = Date.UTC(2026, 0, 1);
let salt = 0;
const world = {
  nowMs: NOW_MS,
  randomBytes: (count: number) => new Uint8Array(count).fill(++salt),
};
const run = (...args: string[]) => keyCommand(args, world);

Deno.test("key create prints a key once, and a line that a configuration takes as it is", () => {
  const { code, text } = run("create", "--name", "ci", "--scopes", "read,write");
  assert.equal(code, 0);
  const [key = ""] = text.split("\n");
  const line = text.split("\n").at(-1) ?? "";
  assert.match(key, /^orrery_[A-Za-z0-9_-]{43}$/);
  assert.ok(!line.includes(key));
  const file = JSON.stringify({ security: { keys: [JSON.parse(line)] } });
  const loaded = loadConfig({ args: [], env: {}, readFile: () => file });
  assert.ok(loaded.kind === "config");
  const ring = new KeyRing(
    loaded.config.security.keys.map(({ expires, ...entry }) => ({ ...entry, expiresMs: expires })),
  );
  assert.deepEqual([...ring.find(key)?.scopes ?? []], ["read", "write"]);
});

Deno.test("key create takes namespaces, an expiry and a rate", () => {
  const more = ["--namespaces", "billing, mail", "--expires", "90d", "--rate", "100/1m"];
  const { text } = run("create", "--name", "ci", "--scopes", "write,write", ...more, "--json");
  const { key, entry } = JSON.parse(text);
  assert.match(key, /^orrery_/);
  const { sha256: _, ...rest } = entry;
  assert.deepEqual(rest, {
    ...{ name: "ci", scopes: ["write"], namespaces: ["billing", "mail"] },
    ...{ expires: "2026-04-01T00:00:00.000Z", rate: { requests: 100, per: "1m" } },
  });
  const file = JSON.stringify({ security: { keys: [entry] } });
  assert.equal(loadConfig({ args: [], env: {}, readFile: () => file }).kind, "config");
  const until = ["--expires", "2030-01-01T00:00:00Z", "--json"];
  const other = JSON.parse(run("create", "--name", "x", "--scopes", "read", ...until).text);
  assert.equal(other.entry.expires, "2030-01-01T00:00:00.000Z");
});

Deno.test("key create makes another key each time", () => {
  const keys = [1, 2].map(() =>
    run("create", "--name", "ci", "--scopes", "read").text.split("\n")[0]
  );
  assert.notEqual(keys[0], keys[1]);
});

Deno.test("key create says what is wrong", () => {
  const good = ["create", "--name", "ci", "--scopes", "read"];
  const cases: [string[], RegExp][] = [
    [[], /create is missing/],
    [["delete"], /unknown: delete/],
    [["create"], /--name takes/],
    [["create", "--name", "a b", "--scopes", "read"], /--name takes/],
    [["create", "--name", "ci"], /--scopes takes read, write, admin/],
    [["create", "--name", "ci", "--scopes", "root"], /--scopes takes/],
    [["create", "--name", "ci", "--scopes", ""], /--scopes takes/],
    [[...good, "--namespaces", "*"], /--namespaces takes/],
    [[...good, "--expires", "yesterday"], /--expires takes/],
    [[...good, "--expires", "0s"], /--expires takes/],
    [[...good, "--expires", "2020-01-01T00:00:00Z"], /--expires takes/],
    [[...good, "--rate", "0/1s"], /--rate takes/],
    [[...good, "--rate", "10"], /--rate takes/],
    [[...good, "--rate", "10/0s"], /--rate takes/],
    [[...good, "--nope"], /nope/],
    [["--help"], /^Usage/],
  ];
  for (const [args, why] of cases) {
    const { code, text } = run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(text, why);
    assert.doesNotMatch(text, /orrery_/);
  }
});
