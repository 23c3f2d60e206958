import assert from "node:assert/strict";
import { JobSeriesBook } from "./job_series.ts";
import { OTHER, PAIRS_SHOWN_MAX, QUEUES_SHOWN_MAX } from "./limits.ts";

Deno.test("of() finds one series per queue and name", () => {
  const book = new JobSeriesBook();
  const series = book.of("mail", "send");
  assert.equal(book.of("mail", "send"), series);
  assert.notEqual(book.of("mail", "sort"), series);
  assert.notEqual(book.of("sms", "send"), series);
  assert.deepEqual([series.queue, series.name], ["mail", "send"]);
});

Deno.test("of() shows what is too much as other, queue by queue, and keeps what it showed (JS1, JS2)", () => {
  const book = new JobSeriesBook();
  for (let at = 0; at < PAIRS_SHOWN_MAX; at++) book.of("mail", `job-${at}`);
  const beyond = book.of("mail", "one-more");
  assert.deepEqual([beyond.queue, beyond.name], ["mail", OTHER]);
  assert.equal(book.of("mail", "another"), beyond);
  assert.equal(book.of("mail", "job-3").name, "job-3");
  assert.equal(book.of("sms", "send").name, OTHER, "a new queue is shown, its names are not");
});

Deno.test("whatever users type, the number of series has a bound, and nothing is lost (JS1)", () => {
  const book = new JobSeriesBook();
  const events = 20_000;
  for (let at = 0; at < events; at++) {
    book.of(`queue-${at % 700}`, `name-${at % 901}`).transitions.completed++;
  }
  assert.ok(book.all().length <= PAIRS_SHOWN_MAX + QUEUES_SHOWN_MAX + 1, `${book.all().length}`);
  const sum = book.all().reduce((total, series) => total + series.transitions.completed, 0);
  assert.equal(sum, events);
  const labels = new Set(book.all().map(({ queue, name }) => JSON.stringify([queue, name])));
  assert.equal(labels.size, book.all().length, "no two with the same labels");
});

Deno.test("configured queues are shown by their names, however many came before", () => {
  const book = new JobSeriesBook(["billing"]);
  for (let at = 0; at < 2 * QUEUES_SHOWN_MAX; at++) book.queueOf(`queue-${at}`);
  assert.equal(book.queueOf("billing"), "billing");
  assert.equal(book.queueOf("late"), OTHER);
});

Deno.test("a queue that is named other is shown with those that have no series of their own", () => {
  const book = new JobSeriesBook();
  book.of(OTHER, "send");
  for (let at = 0; at < QUEUES_SHOWN_MAX; at++) book.queueOf(`queue-${at}`);
  assert.equal(book.of("late", "send"), book.of(OTHER, "send"));
});
