import assert from "node:assert/strict";
import { draftOfQueue } from "../../actors/queue/behaviour.ts";
import type { QueueSettings } from "../service.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { QueueBook } from "./queue_book.ts";

const mail: QueueSettings = { name: "mail", paused: true, concurrency: 5 };

Deno.test("QueueBook knows every queue: open and unlimited until someone says otherwise", () => {
  const book = new QueueBook([mail]);
  assert.deepEqual(book.settings("new"), { name: "new", paused: false, concurrency: null });
  assert.deepEqual([book.isPaused("new"), book.concurrency("new")], [false, null]);
  assert.deepEqual(book.settings("mail"), mail);
  assert.deepEqual([book.isPaused("mail"), book.concurrency("mail")], [true, 5]);
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
