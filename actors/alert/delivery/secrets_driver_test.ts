import assert from "node:assert/strict";
import { Secrets } from "./secrets_driver.ts";

function secretsOf(files: Record<string, string>, env: Record<string, string> = {}): Secrets {
  return new Secrets({
    env: (name) => env[name],
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error("no such file")) : Promise.resolve(text);
    },
  });
}

Deno.test("a secret is read from where it is, without white space around it", async () => {
  const secrets = secretsOf({ key: " R123\n" }, { ORRERY_KEY: "S456" });
  assert.equal(await secrets.read({ kind: "file", path: "key" }), "R123");
  assert.equal(await secrets.read({ kind: "env", name: "ORRERY_KEY" }), "S456");
  assert.equal(await secrets.readIf(null), null);
});

Deno.test("a secret that is not there is named by its place alone", async () => {
  const secrets = secretsOf({ empty: " \n", odd: "not an address" });
  const missing = (pattern: RegExp) => ({ name: "SecretMissingError", message: pattern });
  await assert.rejects(
    secrets.read({ kind: "file", path: "gone" }),
    missing(/gone cannot be read/),
  );
  await assert.rejects(secrets.read({ kind: "file", path: "empty" }), missing(/empty is empty/));
  await assert.rejects(secrets.read({ kind: "env", name: "ORRERY_X" }), missing(/ORRERY_X is not/));
  await assert.rejects(
    secrets.address({ kind: "file", path: "odd" }),
    missing(/^the file odd holds no address$/),
  );
});

Deno.test("what a receiver says is cleaned of every secret that was read (SC1)", async () => {
  const url = "https://hooks.example/services/T0/B0/s3cr3t";
  const secrets = secretsOf({ url: `${url}\n`, key: "R123" });
  await secrets.address({ kind: "file", path: "url" });
  await secrets.read({ kind: "file", path: "key" });
  const said = `no such hook: /services/T0/B0/s3cr3t, key R123, at ${url}`;
  const cleaned = secrets.clean(said);
  assert.ok(!cleaned.includes("s3cr3t") && !cleaned.includes("R123"), cleaned);
  assert.match(cleaned, /^no such hook: \[secret\]/);
});
