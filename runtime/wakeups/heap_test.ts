import assert from "node:assert/strict";
import fc from "fast-check";
import { Heap } from "./heap.ts";

const ascending = (left: number, right: number) => left < right;

function heapOf(numbers: readonly number[]): Heap<number> {
  const heap = new Heap<number>(ascending);
  for (const number of numbers) heap.push(number);
  return heap;
}

function drain(heap: Heap<number>): number[] {
  const drained: number[] = [];
  for (let least = heap.pop(); least !== undefined; least = heap.pop()) drained.push(least);
  return drained;
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((left, right) => left - right);
/** Few different values: equal ones are the hard case. */
const someNumbers = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200, size: "max" });

Deno.test("pop() returns what was pushed, in order (H1)", () => {
  fc.assert(fc.property(someNumbers, (numbers) => {
    assert.deepEqual(drain(heapOf(numbers)), sorted(numbers));
  }));
});

Deno.test("pop() and push() interleaved always give the least of what is held (H1)", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(50)), { maxLength: 200, size: "max" }), (steps) => {
      const heap = new Heap<number>(ascending);
      let model: number[] = [];
      for (const step of steps) {
        if (step !== null) {
          heap.push(step);
          model = sorted([...model, step]);
        } else assert.equal(heap.pop(), model.shift());
        assert.equal(heap.peek(), model[0]);
        assert.equal(heap.size, model.length);
      }
    }),
  );
});

Deno.test("truncate() keeps the least and returns the others, the least of them first (H2)", () => {
  fc.assert(fc.property(someNumbers, fc.nat(210), (numbers, count) => {
    const heap = heapOf(numbers);
    const dropped = heap.truncate(count, () => true);
    const all = sorted(numbers);
    assert.deepEqual(sorted(dropped), all.slice(count));
    assert.equal(dropped[0], all[count]);
    assert.deepEqual(drain(heap), all.slice(0, count));
  }));
});

Deno.test("truncate() forgets what is not to be kept, without counting or returning it (H2)", () => {
  fc.assert(fc.property(someNumbers, fc.nat(100), (numbers, count) => {
    const heap = heapOf(numbers);
    const isEven = (number: number) => number % 2 === 0;
    const dropped = heap.truncate(count, isEven);
    const even = sorted(numbers.filter(isEven));
    assert.deepEqual(sorted([...drain(heap), ...dropped]), even);
    assert.equal(dropped.length, Math.max(0, even.length - count));
  }));
});

Deno.test("peek() and pop() of an empty heap are undefined", () => {
  const heap = heapOf([]);
  assert.equal(heap.peek(), undefined);
  assert.equal(heap.pop(), undefined);
  assert.equal(heap.size, 0);
});
