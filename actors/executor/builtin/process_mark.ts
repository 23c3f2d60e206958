/**
 * ProcessMark: finds processes by a mark in the environment that they inherited.
 *
 * Intuition: a process may leave its group and session, but hardly its environment. Linux shows it in
 * `/proc`; elsewhere only the process group is killed. Deno shows `/proc` only to a process with every
 * permission, which a node has not: the warden looks for it (warden_main.ts).
 * @module
 */

/** The variable that carries it. */
export const MARK_VARIABLE = "ORRERY_MARK";
/** Sweeps: a process that forks while it is looked for is found by the next one. */
const SWEEPS_MAX = 5;

/** Kills the processes of a group, all at once; an empty one is no error. */
export function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // The group is empty.
  }
}

/** Kills every process that carries one of `marks`. Never rejects. Cost: O(processes of the machine). */
export async function reapMarked(marks: ReadonlySet<string>): Promise<void> {
  if (marks.size === 0) return;
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const marked = await findMarked(marks);
    if (marked.length === 0) return;
    for (const pid of marked) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

/** Tells whether an environment, as `/proc` shows it, carries one of `marks`. */
export function carriesMark(environ: string, marks: ReadonlySet<string>): boolean {
  const prefix = `${MARK_VARIABLE}=`;
  // Whole entries: a mark may stand in the value of another variable, too.
  return environ.split("\0").some((entry) =>
    entry.startsWith(prefix) && marks.has(entry.slice(prefix.length))
  );
}

async function findMarked(marks: ReadonlySet<string>): Promise<number[]> {
  const marked: number[] = [];
  try {
    for await (const { name } of Deno.readDir("/proc")) {
      if (/^\d+$/.test(name) && await carries(name, marks)) marked.push(Number(name));
    }
  } catch {
    // No /proc on this platform.
  }
  return marked;
}

async function carries(pid: string, marks: ReadonlySet<string>): Promise<boolean> {
  try {
    return carriesMark(await Deno.readTextFile(`/proc/${pid}/environ`), marks);
  } catch {
    return false; // It has ended, or is somebody else's.
  }
}
