import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** Writes a history down, without stack traces, which hold the paths of this machine, and without the machine's name. */
export function keepHistory(path: string, history: Parameters<typeof historyToJSON>[0]): void {
  const clean: unknown = JSON.parse(historyToJSON(history), (key, value: unknown) =>
    key === 'stackTrace' ? '' : value,
  );
  const text = JSON.stringify(clean, null, 1).replaceAll(`${process.pid}@${hostname()}`, 'recorded');
  writeFileSync(path, `${text}\n`);
}
