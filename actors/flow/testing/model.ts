/**
 * Model: random flows, and what must become of them: by the words of the documentation, without messages or time.
 * @module
 */
import type { EdgePolicy, FlowPlan } from "../spec.ts";
import { jobPlan, planOf } from "./samples.ts";
import type { Ending } from "./world.ts";

/** A flow, and how each of its jobs ends once it is made. */
export interface Case {
  readonly plan: FlowPlan;
  readonly endings: readonly Ending[];
}

/** Picks a number below `max`. */
export type Pick = (max: number) => number;

const POLICIES: readonly EdgePolicy[] = ["fail", "fail", "ignore", "compensate"];
const ENDINGS: readonly Ending[] = ["ok", "ok", "ok", "fail", "cancel"];
/** Any shape: edges lead from earlier nodes of a random order to later ones. */
export function caseOf(pick: Pick, nodesMax: number): Case {
  const count = 1 + pick(nodesMax);
  const places = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = pick(at + 1);
    [places[at], places[other]] = [places[other]!, places[at]!];
  }
  const nodes = Array.from({ length: count }, (_, node) => {
    const parents = new Set<number>();
    const rank = places.indexOf(node);
    for (let edge = pick(4); edge > 0 && rank > 0; edge--) parents.add(places[pick(rank)]!);
    const edges = [...parents].map((parent) => ({ parent, policy: POLICIES[pick(4)]! }));
    return { key: `n${node}`, ...jobPlan(), edges };
  });
  const onFailure = POLICIES[pick(4)]!;
  const plan = { ...planOf({}), nodes, onFailure, callback: jobPlan({ name: "notify" }) };
  return { plan, endings: nodes.map(() => ENDINGS[pick(5)]!) };
}

/** What becomes of every node and of the flow, by the words of the documentation. */
export function expected({ plan, endings }: Case): { nodes: string; state: string } {
  const known = new Map<number, string>();
  const endOf = (node: number): string => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const runs = plan.nodes[node]!.edges.every(({ parent, policy }) => {
      const end = endOf(parent);
      if (policy === "ignore") return true;
      return policy === "fail" ? end === "c" : end === "f" || end === "x";
    });
    const end = runs ? { ok: "c", fail: "f", cancel: "x" }[endings[node]!] : "s";
    known.set(node, end);
    return end;
  };
  const ends = plan.nodes.map((_, node) => endOf(node));
  const counts = (node: number): boolean => {
    const edges = plan.nodes.flatMap(({ edges }) => edges).filter(({ parent }) => parent === node);
    const policies = edges.length === 0 ? [plan.onFailure] : edges.map(({ policy }) => policy);
    return policies.some((policy) => policy !== "ignore");
  };
  const failed = ends.some((end, node) => (end === "f" || end === "x") && counts(node));
  return { nodes: ends.join(""), state: failed ? "failed" : "completed" };
}

/** The picks of a random walk: as many as it takes, the same for the same seed. */
export function walk(seed: number): Pick {
  let state = seed >>> 0;
  return (max) => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % max;
  };
}
