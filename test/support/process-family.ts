import { readFileSync, readdirSync } from 'node:fs';

/** One process of this machine, as `/proc` lists it. */
interface Listed {
  readonly pid: number;
  readonly parent: number;
  /** Together with the id it names one process for good: ids are used again. */
  readonly started: string;
  readonly command: string;
}

/** Everything that `ancestor` has started, and what that has started. */
export function familyOf(ancestor: number): readonly Listed[] {
  const all = listAll();
  const family = new Set([ancestor]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid));
}

/** Which of these are still there. A process that has ended and was not yet waited for is none. */
export function remainingOf(family: readonly Listed[]): readonly Listed[] {
  const now = listAll();
  return family.filter(({ pid, started }) => now.some((one) => one.pid === pid && one.started === started));
}

/** Processes with this text in their command line. */
export function listedWith(text: string): readonly Listed[] {
  return listAll().filter(({ command }) => command.includes(text));
}

function listAll(): readonly Listed[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name in brackets may hold anything; what follows it is separated by spaces.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const [state, parent, started] = [stat[0], Number(stat[1]), stat[19] ?? ''];
        return state === 'Z' ? [] : [{ pid: Number(name), parent, started, command }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}
