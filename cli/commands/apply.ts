import { readFileSync } from 'node:fs';
import { applyRegistry, readRegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import type { Config } from '../config.ts';
import { checkDatabase } from '../reach-database.ts';
import { UserError } from '../user-error.ts';

export async function applyCommand(path: string, config: Config, env: NodeJS.ProcessEnv): Promise<void> {
  const file = readRegistryFile(readText(path), { env, readFile: readText, name: path });
  const seal = config.sealKeys();
  const database = config.api();
  await checkDatabase(database);
  const summary = await applyRegistry(database.url, file, { vendors, seal });
  for (const { org, created, changed, unchanged } of summary)
    process.stdout.write(`${org}: ${created} created, ${changed} changed, ${unchanged} unchanged.\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`);
  }
}
