/**
 * TestPlan: in which order the tests run.
 *
 * Unit tests share nothing and run in parallel. Tests with real processes, sockets and disks
 * measure time and start nodes, so their files run one after another, and alone.
 * @module
 */

/** Where the tests with real processes are. */
export const REAL_TESTS = "tests/";

/** One run of the test runner. */
export interface TestPhase {
  readonly name: string;
  readonly args: readonly string[];
}

/** The runner's arguments for every unit test. */
export function unitTestArguments(): readonly string[] {
  return ["test", "--allow-all", "--parallel", "--permit-no-files", `--ignore=${REAL_TESTS}`];
}

/**
 * The phases for what a person asked for: everything when `asked` is empty; else one phase with
 * their arguments (files, `--filter`, …) as they are.
 */
export function planTests(asked: readonly string[]): readonly TestPhase[] {
  if (asked.length > 0) return [{ name: "asked", args: ["test", "--allow-all", ...asked] }];
  return [
    { name: "unit", args: unitTestArguments() },
    {
      name: "real",
      args: ["test", "--allow-all", "--permit-no-files", `${REAL_TESTS}**/*_test.ts`],
    },
  ];
}
