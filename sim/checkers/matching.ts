/**
 * Matching: a largest set of pairs between targets and runs, each used once.
 *
 * Source: Kuhn's augmenting paths. Cost: O(targets × edges), both being few here.
 * @module
 */

/** For each target the run it was given, or undefined; `fits` lists a target's possible runs. */
export function match(
  targets: number,
  fits: (target: number) => readonly number[],
): readonly (number | undefined)[] {
  const targetOf = new Map<number, number>();
  const give = (target: number, tried: Set<number>): boolean => {
    for (const run of fits(target)) {
      if (tried.has(run)) continue;
      tried.add(run);
      const holder = targetOf.get(run);
      if (holder === undefined || give(holder, tried)) {
        targetOf.set(run, target);
        return true;
      }
    }
    return false;
  };
  for (let target = 0; target < targets; target++) give(target, new Set());
  const given: (number | undefined)[] = Array.from({ length: targets });
  for (const [run, target] of targetOf) given[target] = run;
  return given;
}
