import { createClosers } from '../../sandbox/closers.ts';
import { familyOf } from '../support/process-family.ts';
import { startByom } from '../support/run-byom.ts';
import type { RunningByom } from '../support/run-byom.ts';
import type { Haystack } from './haystack.ts';

/** Where processes are started: each word that one of them says is kept, under the name that it was started by. */
export interface Stage {
  /** `program` is what is run instead of the compiled command. */
  start(name: string, args: readonly string[], env: NodeJS.ProcessEnv, program?: string): RunningByom;
  /** All that was said so far, and how those that run are shown to everybody on the machine. */
  logs(): readonly Haystack[];
  /** Ends those that still run. */
  close(): Promise<void>;
}

export function openStage(): Stage {
  const { onClose, closeAll } = createClosers();
  const started: { readonly name: string; readonly running: RunningByom }[] = [];
  const commandLines: Haystack[] = [];
  return {
    start(name, args, env, program) {
      const running = program === undefined ? startByom(args, env) : startByom(args, env, program);
      onClose(async () => {
        if (running.said().code === null) running.kill('SIGKILL');
        await running.ended;
      });
      started.push({ name, running });
      return running;
    },
    logs() {
      const alive = started.filter(({ running }) => running.said().code === null);
      for (const { command } of alive.flatMap(({ running }) => familyOf(running.pid)))
        commandLines.push({ place: 'command line', data: command });
      const said = started.flatMap(({ name, running }) => {
        const { stdout, stderr } = running.said();
        return [
          { place: `stdout: ${name}`, data: stdout },
          { place: `stderr: ${name}`, data: stderr },
        ];
      });
      return [...said, ...commandLines];
    },
    close: closeAll,
  };
}
