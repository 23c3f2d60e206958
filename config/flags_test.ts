import assert from "node:assert/strict";
import { FLAGS, helpText, parseArguments, readEnvironment, variableOf } from "./flags.ts";
import { SECTIONS } from "./schema.ts";

const parsed = (...args: string[]) => {
  const { settings, problems } = parseArguments(args);
  return {
    settings: settings.map(({ source, value }) => [source, value]),
    problems: problems.map(({ path, message }) => `${path}: ${message}`),
  };
};

Deno.test("parseArguments() reads both ways of writing a value, and switches", () => {
  assert.deepEqual(parsed("--http", "[::1]:0", "--store=sqlite:a=b.db", "--insecure"), {
    settings: [["--http", "[::1]:0"], ["--store", "sqlite:a=b.db"], ["--insecure", true]],
    problems: [],
  });
});

Deno.test("parseArguments() makes numbers and lists, and leaves what is none to the schema", () => {
  assert.deepEqual(
    parsed(
      ...[
        "--slots",
        "7",
        "--weight=0.5",
        "--workers=x",
        "--seeds",
        "a:1, b:2,",
        "--insecure=maybe",
      ],
    ),
    {
      settings: [
        ["--slots", 7],
        ["--weight", 0.5],
        ["--workers", "x"],
        ["--seeds", ["a:1", "b:2"]],
        ["--insecure", "maybe"],
      ],
      problems: [],
    },
  );
});

Deno.test("parseArguments() reports every flag that is unknown, repeated or lacks its value", () => {
  assert.deepEqual(
    parsed("--htpp", "1:2", "stray", "--id", "a", "--id=b", "--store", "--slots").problems,
    [
      "--htpp: unknown; --help lists what there is",
      "stray: unknown; --help lists what there is",
      "--id: is given twice",
      "--store: needs a value: URL",
      "--slots: needs a value: N",
    ],
  );
});

Deno.test("readEnvironment() takes known variables and leaves the orchestrator's alone", () => {
  const found = readEnvironment({
    ORRERY_LOG_LEVEL: "debug",
    ORRERY_SLOTS: "3",
    ORRERY_INSECURE: "0",
    ORRERY_HTTP: "",
    ORRERY_HELP: "1",
    ORRERY_SERVICE_HOST: "10.0.0.1",
  });
  assert.deepEqual(found.map(({ source, value }) => [source, value]), [
    ["ORRERY_SLOTS", 3],
    ["ORRERY_LOG_LEVEL", "debug"],
    ["ORRERY_INSECURE", false],
  ]);
});

Deno.test("FLAGS set fields that exist", () => {
  for (const { field, name } of FLAGS) {
    if (field === null) continue;
    const [section, key] = field;
    const schema = SECTIONS[section as keyof typeof SECTIONS];
    const result = schema.safeParse({ [key]: Symbol("no field takes this") });
    assert.ok(!result.success, name);
    assert.ok(result.error.issues.every((issue) => issue.code !== "unrecognized_keys"), name);
  }
});

Deno.test("helpText() names every flag, its variable and its field", () => {
  const text = helpText();
  for (const { name, field } of FLAGS) {
    assert.ok(text.includes(`--${name}`), name);
    if (field !== null) assert.ok(text.includes(`[${variableOf(name)}, ${field.join(".")}]`), name);
  }
});
