/**
 * The contract suite of the store port: one or more tests per invariant (S1 to S7) and per method.
 * Every driver and the twin must pass it unchanged.
 *
 *     storeContract("sqlite", (birth) => openStore(`sqlite:${path()}`, birth, options));
 * @module
 */
import type { Store, StoreBirth } from "./port.ts";
import { dueContract } from "./testing/due_contract.ts";
import { journalContract } from "./testing/journal_contract.ts";
import { ownershipContract } from "./testing/ownership_contract.ts";
import { searchContract } from "./testing/search_contract.ts";
import { sweepContract } from "./testing/sweep_contract.ts";
import { writeContract } from "./testing/write_contract.ts";
import { SHARDS } from "./testing/fixtures.ts";

/** Registers one test: `what` it shows, and how, with a new and empty store. */
export type Check = (what: string, body: (store: Store) => Promise<void>) => void;

/** Registers the suite for the stores that `open` makes: each call a new and empty one. */
export function storeContract(
  name: string,
  open: (birth: StoreBirth) => Promise<Store>,
): void {
  const check: Check = (what, body) => {
    Deno.test(`${name}: ${what}`, async () => {
      const store = await open({ shards: SHARDS });
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  };
  writeContract(check);
  journalContract(check);
  searchContract(check);
  dueContract(check);
  sweepContract(check);
  ownershipContract(check);
}
