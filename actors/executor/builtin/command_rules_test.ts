import assert from "node:assert/strict";
import { readCommandPayload } from "./command_rules.ts";

const ALLOW = ["git", "/usr/bin/env", "./relative"];

Deno.test("readCommandPayload() reads a complete payload", () => {
  const payload = { argv: ["git", "log", ""], env: { LANG: "C" }, cwd: "/srv", stdin: "in" };
  assert.deepEqual(readCommandPayload(payload, ALLOW), {
    program: "git",
    args: ["log", ""],
    env: { LANG: "C" },
    cwd: "/srv",
    stdin: "in",
  });
  const bare = readCommandPayload({ argv: ["/usr/bin/env"] }, ALLOW);
  assert.deepEqual([bare.args, bare.env, bare.cwd, bare.stdin], [[], {}, undefined, undefined]);
});

Deno.test("readCommandPayload() allows exact names and absolute paths only", () => {
  for (
    const program of ["/usr/bin/git", "env", "git ", "GIT", "./relative", "../usr/bin/env", "sh"]
  ) {
    assert.throws(() => readCommandPayload({ argv: [program] }, ALLOW), {
      name: "CommandRefusedError",
      retryable: false,
    }, program);
  }
  assert.throws(() => readCommandPayload({ argv: ["git"] }, []), /command\.allow/);
});

Deno.test("readCommandPayload() refuses variables that make a program run another", () => {
  for (
    const name of [
      "PATH",
      "LD_PRELOAD",
      "LD_LIBRARY_PATH",
      "DYLD_INSERT_LIBRARIES",
      "BASH_ENV",
      "ENV",
      "NODE_OPTIONS",
      "PYTHONPATH",
      "PERL5OPT",
      "GIT_SSH_COMMAND",
      "ORRERY_MARK",
    ]
  ) {
    const payload = { argv: ["git"], env: { [name]: "x" } };
    assert.throws(() => readCommandPayload(payload, ALLOW), { name: "CommandRefusedError" }, name);
  }
});

Deno.test("readCommandPayload() refuses payloads that make no sense", () => {
  const wrong: unknown[] = [
    null,
    [],
    {},
    { argv: [] },
    { argv: "git log" },
    { argv: ["git", 1] },
    { argv: ["git", "a\0b"] },
    { argv: ["git"], env: { "A=B": "x" } },
    { argv: ["git"], env: { A: 1 } },
    { argv: ["git"], env: { A: "\0" } },
    { argv: ["git"], cwd: 1 },
    { argv: ["git"], stdin: {} },
    { argv: ["git", ...new Array(1_000).fill("x")] },
  ];
  for (const payload of wrong) {
    assert.throws(() => readCommandPayload(payload, ALLOW), { name: "InvalidPayloadError" });
  }
});
