import { storeContract } from "../contract.ts";
import { SqliteStore } from "./driver.ts";
import { InlineThread } from "./testing/inline_thread.ts";

storeContract("sqlite in memory", ({ shards }) => {
  return SqliteStore.open({ path: ":memory:", shards }, () => new InlineThread());
});
