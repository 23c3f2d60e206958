import assert from "node:assert/strict";
import { decodeZ85 } from "../runtime/transport/zmq/z85.ts";
import { keygen } from "../gateway/cli/offline/keygen.ts";

Deno.test("keygen() writes a key file that only its owner may read, and prints the public key", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/cluster.key`;
  const { code, text } = await keygen([path]);
  assert.equal(code, 0);
  const written = await Deno.readTextFile(path);
  const [, secret = ""] = /^secret = (\S{40})$/m.exec(written) ?? [];
  const [, open = ""] = /^# public = (\S{40})$/m.exec(written) ?? [];
  assert.equal(decodeZ85(secret)?.length, 32);
  assert.ok(text.endsWith(`public key: ${open}`) && !text.includes(secret));
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("keygen() never overwrites a file", async () => {
  const path = await Deno.makeTempFile();
  const { code, text } = await keygen([path]);
  assert.equal(code, 1);
  assert.match(text, /exists already/);
  assert.equal(await Deno.readTextFile(path), "");
  await Deno.remove(path);
});

Deno.test("keygen() says why a file can't be written", async () => {
  const { code, text } = await keygen(["/nowhere/at/all/cluster.key"]);
  assert.equal(code, 1);
  assert.match(text, /\/nowhere\/at\/all\/cluster\.key was not written/);
});

Deno.test("keygen() wants one file", async () => {
  for (const args of [[], ["--help"], ["a", "b"]]) assert.equal((await keygen(args)).code, 2);
});
