/**
 * FakeNode: the node behind a gateway under test.
 * @module
 */
import type { ShardId } from "../../runtime/ids.ts";
import type { Readiness, ShardView } from "../../runtime/system/surface.ts";
import type { NodeService } from "../service.ts";

/** One node named `a` that owns two shards and knows of a third. */
export class FakeNode implements NodeService {
  readonly node = "a";
  readonly startedAtMs = Date.UTC(2026, 0, 1);
  readonly roles = ["gateway", "worker"];
  state: Readiness = { ready: true, reasons: [] };
  drains = 0;

  readiness(): Readiness {
    return this.state;
  }

  shards(): Promise<readonly ShardView[]> {
    return Promise.resolve([
      { shard: 0 as ShardId, owner: "a", epoch: 1 },
      { shard: 1 as ShardId, owner: "a", epoch: 2 },
      { shard: 2 as ShardId, owner: null, epoch: 3 },
    ]);
  }

  load(): { running: number; slots: number } {
    return { running: 3, slots: 100 };
  }

  drain(): void {
    this.drains++;
  }
}
