import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { ByomPlugin } from 'pipe-byom';
import { parseRunKeys } from 'pipe-byom/client';
import { parseOpenKeys } from 'pipe-byom/registry';

export const workflowsPath = fileURLToPath(new URL('workflows.js', import.meta.url));

export interface WorkerSettings {
  readonly taskQueue: string;
  /** Addresses that are not public and may be called all the same, such as `127.0.0.0/8` for stand-in vendors. */
  readonly allowedRanges: readonly string[];
}

/** A worker that serves Behavior runs and workflows of its own. Secrets come from the environment. */
export async function createWorker(
  connection: NativeConnection,
  { taskQueue, allowedRanges }: WorkerSettings,
): Promise<Worker> {
  const byom = new ByomPlugin({
    databaseUrl: need('BYOM_WORKER_DATABASE_URL'),
    credentialKeys: parseOpenKeys(need('BYOM_CREDENTIAL_KEYS')),
    runKeys: parseRunKeys(need('BYOM_RUN_KEYS')),
    guard: { allowedRanges },
  });
  return Worker.create({ connection, taskQueue, workflowsPath, plugins: [byom] });
}

export function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
}
