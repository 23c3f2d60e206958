import assert from "node:assert/strict";
import { Database } from "./database.ts";
import { CHUNK, nextSerial, Postings } from "./postings.ts";

Deno.test("nextSerial() walks the bits of a chunk in both directions", () => {
  const bits = 0b1000_0000_0000_0000_0000_0000_0010_0101 | 0;
  const base = 5 * CHUNK;
  const walk = (newest: boolean, from: number) => {
    const found: number[] = [];
    for (let at = from; Math.floor(at / CHUNK) === 5;) {
      const seq = nextSerial(bits, { newest, at });
      if (seq === undefined) break;
      found.push(seq - base);
      at = newest ? seq - 1 : seq + 1;
    }
    return found;
  };
  assert.deepEqual(walk(false, base), [0, 2, 5, 31]);
  assert.deepEqual(walk(true, base + 31), [31, 5, 2, 0]);
  assert.deepEqual(walk(false, base + 3), [5, 31]);
  assert.deepEqual(walk(true, base + 4), [2, 0]);
  assert.deepEqual(walk(true, base + 30), [5, 2, 0]);
});

function setup() {
  const database = Database.open({ path: ":memory:", shards: 1 });
  const postings = new Postings(database);
  const rows = database.prepare("SELECT label, chunk, bits FROM posting ORDER BY label, chunk");
  return { postings, rows: () => rows.all().map((row) => [...row]) };
}

Deno.test("flush() writes one row per chunk of 32 serials (P1)", () => {
  const { postings, rows } = setup();
  for (const seq of [0, 31, 32, 64 + 5]) postings.add(7, seq);
  postings.add(8, 1);
  assert.deepEqual(rows(), [], "nothing before the end of the transaction");
  postings.flush();
  assert.deepEqual(rows(), [[7, 0, 2 ** 31 + 1], [7, 1, 1], [7, 2, 32], [8, 0, 2]]);
});

Deno.test("flush() adds to and takes from what is stored; empty chunks go (P2)", () => {
  const { postings, rows } = setup();
  postings.add(7, 31);
  postings.add(7, 1);
  postings.flush();
  postings.remove(7, 31);
  postings.add(7, 2);
  postings.flush();
  assert.deepEqual(rows(), [[7, 0, 6]]);
  postings.remove(7, 1);
  postings.remove(7, 2);
  postings.flush();
  assert.deepEqual(rows(), []);
});

Deno.test("flush() keeps the last of several changes of one actor", () => {
  const { postings, rows } = setup();
  postings.add(7, 3);
  postings.remove(7, 3);
  postings.remove(7, 4);
  postings.add(7, 4);
  postings.flush();
  assert.deepEqual(rows(), [[7, 0, 16]]);
});

Deno.test("reload() forgets what was not written", () => {
  const { postings, rows } = setup();
  postings.add(7, 3);
  postings.reload();
  postings.flush();
  assert.deepEqual(rows(), []);
});
