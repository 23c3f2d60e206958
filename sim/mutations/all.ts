/**
 * All deliberately broken builds. Each must be caught by some checker within a few seeds.
 * @module
 */
import { CLUSTER_MUTATIONS } from "./cluster_mutations.ts";
import { DEADLINE_MUTATIONS } from "./deadline_mutations.ts";
import { FLOW_MUTATIONS } from "./flow_mutations.ts";
import { EFFECT_MUTATIONS, REDUCER_MUTATIONS } from "./job_mutations.ts";
import { KEY_MUTATIONS } from "./key_mutations.ts";
import { LIMITER_MUTATIONS } from "./limiter_mutations.ts";
import type { Mutation } from "./mutation.ts";
import { ROOM_MUTATIONS } from "./room_mutations.ts";
import { SCHEDULE_MUTATIONS } from "./schedule_mutations.ts";
import { STORE_MUTATIONS, WIRE_MUTATIONS } from "./store_mutations.ts";

/** The list, without repeated names. */
export const MUTATIONS: readonly Mutation[] = [
  ...STORE_MUTATIONS,
  ...WIRE_MUTATIONS,
  ...REDUCER_MUTATIONS,
  ...EFFECT_MUTATIONS,
  ...ROOM_MUTATIONS,
  ...LIMITER_MUTATIONS,
  ...KEY_MUTATIONS,
  ...DEADLINE_MUTATIONS,
  ...SCHEDULE_MUTATIONS,
  ...FLOW_MUTATIONS,
  ...CLUSTER_MUTATIONS,
];
