import { comparisonWithTwin } from "../testing/comparison.ts";
import { SHARDS } from "../testing/fixtures.ts";
import { SqliteStore } from "./driver.ts";
import { InlineThread } from "./testing/inline_thread.ts";

comparisonWithTwin(
  "SqliteStore",
  () => SqliteStore.open({ path: ":memory:", shards: SHARDS }, () => new InlineThread()),
  { sequences: 250 },
);
