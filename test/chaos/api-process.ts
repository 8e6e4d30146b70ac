import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { memoryPath } from '../../bench/api-paths.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';

/** The API as it is built, in a process of its own, so that its memory is nobody else's. */
export interface ApiProcess {
  readonly url: string;
  rssMb(): Promise<number>;
  isRunning(): boolean;
  close(): Promise<void>;
}

export async function startApiProcess(databaseUrl: string, sealRing: string): Promise<ApiProcess> {
  const child = fork(join(findPackageRoot(), 'dist', 'bench', 'api-process.js'), { execArgv: [] });
  const ended = once(child, 'exit');
  child.send({ api: { databaseUrl, sealRing } });
  const [{ url }] = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('The API ended before it was ready.'))),
  ])) as [{ readonly url: string }];
  return {
    url,
    rssMb: async () => {
      const { bytes } = (await (await fetch(`${url}${memoryPath}`)).json()) as { readonly bytes: number };
      return bytes / 2 ** 20;
    },
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
