import assert from "node:assert/strict";
import { draftOfQueue } from "../../actors/queue/behaviour.ts";
import type { QueueSettings } from "../service.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { openQueue, QueueBook } from "./queue_book.ts";

const mail: QueueSettings = { ...openQueue("mail"), paused: true, concurrency: 5 };

Deno.test("QueueBook knows every queue: open and unlimited until someone says otherwise", () => {
  const book = new QueueBook([mail]);
  assert.deepEqual(book.settings("new"), openQueue("new"));
  assert.equal(book.isPaused("new"), false);
  assert.deepEqual(book.settings("mail"), mail);
  assert.equal(book.isPaused("mail"), true);
});

Deno.test("QueueBook.apply() tells listeners of news, and of news only", () => {
  const book = new QueueBook();
  const heard: QueueSettings[] = [];
  const stop = book.onChange((settings) => heard.push(settings));
  book.apply({ ...mail, paused: false, concurrency: null });
  book.apply(mail);
  book.apply({ ...mail });
  assert.deepEqual(heard, [mail]);
  stop();
  book.apply({ ...mail, paused: false });
  assert.equal(heard.length, 1);
  assert.equal(book.isPaused("mail"), false);
});

Deno.test("QueueBook.load() reads every queue that was ever set, page by page", async () => {
  const system = new FakeSystem(0);
  system.pageMax = 2;
  for (let n = 0; n < 5; n++) system.plant(draftOfQueue({ ...mail, name: `queue-${n}` }, 0));
  const book = new QueueBook([{ ...mail, name: "queue-3", paused: false }]);
  await book.load(system);
  for (let n = 0; n < 5; n++) assert.equal(book.isPaused(`queue-${n}`), true);
});

Deno.test("QueueBook.apply() does not take older settings for news", () => {
  const book = new QueueBook();
  const rate = { limit: 5, perMs: 1_000 };
  book.apply({ ...mail, rate }, 3);
  book.apply(mail, 2);
  assert.deepEqual(book.settings("mail").rate, rate);
  book.apply(mail, 4);
  assert.equal(book.settings("mail").rate, null);
});
