/**
 * FakeNode: the node behind a gateway under test.
 * @module
 */
import type { ShardId } from "../../runtime/ids.ts";
import type { Readiness, ShardView } from "../../runtime/system/surface.ts";
import type { NodeService, NodeView } from "../service.ts";

/** One node named `a` that owns two shards and knows of a third. */
export class FakeNode implements NodeService {
  readonly node = "a";
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

  readonly metrics = () =>
    Promise.resolve({ contentType: "text/plain; version=0.0.4", text: "up 1\n" });

  load(): { running: number; slots: number } {
    return { running: 3, slots: 100 };
  }

  nodes(): Promise<readonly NodeView[]> {
    const common = { roles: ["gateway", "worker"], peer: null, load: { running: 3, slots: 100 } };
    return Promise.resolve([
      { id: "a", state: "alive", http: "http://127.0.0.1:8080", shards: 2, ...common },
      { id: "b", state: "dead", http: null, shards: 0, ...common },
    ]);
  }

  drain(id: string): Promise<boolean> {
    if (id === this.node) this.drains++;
    return Promise.resolve(id === this.node);
  }
}
