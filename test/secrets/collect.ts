import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { dumpHistory, exportHistory } from './dump-history.ts';
import { dumpTables } from './dump-tables.ts';
import type { Haystack } from './haystack.ts';
import type { Scene } from './scene.ts';

/** All that was written down anywhere: histories, tables, logs, metrics. */
export async function collect(
  scene: Scene,
  handles: readonly WorkflowHandle[],
): Promise<readonly Haystack[]> {
  const histories: Haystack[] = [];
  for (const handle of handles) histories.push(...(await dumpHistory(handle)), await exportHistory(handle));
  const metrics = await fetch(scene.metricsUrl);
  return [
    ...histories,
    ...(await dumpTables(scene.postgres.url('postgres'))),
    ...(await scene.logs()),
    { place: 'metrics', data: await metrics.text() },
  ];
}

/** The whole database as `pg_dump` writes it: as SQL, and in its own compressed form. */
export async function dumpDatabase(pgDump: string, url: string): Promise<readonly Haystack[]> {
  const run = promisify(execFile);
  const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
  return Promise.all(
    ['plain', 'custom'].map(async (format) => {
      const { stdout } = await run(pgDump, [`--format=${format}`, `--dbname=${url}`], options);
      return { place: `pg_dump, ${format}`, data: stdout };
    }),
  );
}

/** Every file of a Postgres, dead rows and write-ahead log included. Read by who it belongs to, or by root. */
export async function readFiles(folder: string): Promise<readonly Haystack[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => ({ place: `file: ${path}`, data: await readFile(path) })));
}
