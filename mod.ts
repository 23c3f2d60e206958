/**
 * What handler files may import from Orrery: `import { defineJob } from "orrery"`.
 * It depends on nothing, so that it costs a sandbox nothing.
 *
 * @module
 */
export { defineJob } from "./actors/executor/define.ts";
export type {
  DurationLike,
  HandlerContext,
  HandlerPermissions,
  HandlerRetry,
  JobDefinition,
  ParentView,
} from "./actors/executor/define.ts";
