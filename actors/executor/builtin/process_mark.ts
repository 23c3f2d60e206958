/**
 * ProcessMark: finds processes by a mark in the environment that they inherited.
 *
 * Intuition: a process may leave its group and session, but hardly its environment. Linux shows it in
 * `/proc`; elsewhere only the process group is killed.
 * @module
 */

/** Sweeps: a process that forks while it is looked for is found by the next one. */
const SWEEPS_MAX = 3;

/** Kills every process whose environment holds `ORRERY_MARK=mark`. Never rejects. */
export async function reapMarked(mark: string): Promise<void> {
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const marked = await findMarked(mark);
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

async function findMarked(mark: string): Promise<number[]> {
  const marked: number[] = [];
  try {
    for await (const { name } of Deno.readDir("/proc")) {
      if (/^\d+$/.test(name) && await carries(name, mark)) marked.push(Number(name));
    }
  } catch {
    // No /proc on this platform.
  }
  return marked;
}

async function carries(pid: string, mark: string): Promise<boolean> {
  try {
    return (await Deno.readTextFile(`/proc/${pid}/environ`)).includes(`ORRERY_MARK=${mark}`);
  } catch {
    return false; // It has ended, or is somebody else's.
  }
}
