import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { applyRegistry, parseSealKeys, readRegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase } from '../reach-database.ts';
import { UserError } from '../user-error.ts';

export async function applyCommand(path: string, config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  const file = readRegistryFile(readText(path), { env, readFile: beside(path), name: path });
  const seal = parseSealKeys(config.sealRing());
  const database = config.api();
  await checkDatabase(database);
  const summary = await applyRegistry(database.url, file, { vendors, seal });
  for (const { org, created, changed, unchanged } of summary)
    process.stdout.write(`${org}: ${created} created, ${changed} changed, ${unchanged} unchanged.\n`);
}

/** What the file refers to is found from where it lies, wherever the command is run. */
function beside(path: string) {
  return (name: string): string => readFileSync(resolve(dirname(path), name), 'utf8');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`);
  }
}
