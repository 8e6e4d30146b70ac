import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { applyRegistry, parseSealKeys, readRegistryFile } from '../../registry/index.ts';
import type { Applied, RegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import { applyThroughApi } from '../apply-through-api.ts';
import type { Config } from '../config.ts';
import { reachApi } from '../reach-api.ts';
import { checkDatabase } from '../reach-database.ts';
import { UserError } from '../user-error.ts';

/** As typed. */
export interface ApplyOptions {
  readonly dryRun?: true;
}

/** Through the API where one is named, else straight to the database, all or nothing. */
export async function applyCommand(
  path: string,
  options: ApplyOptions,
  config: Config,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const file = readRegistryFile(readText(path), { env, readFile: beside(path), name: path });
  const dryRun = options.dryRun === true;
  const summary = config.hasApi
    ? await applyThroughApi(await reachApi(env), file, dryRun)
    : await applyToDatabase(file, config, dryRun);
  const foresaid = dryRun ? ' Nothing was written.' : '';
  for (const { org, created, changed, unchanged } of summary)
    process.stdout.write(
      `${org}: ${created} created, ${changed} changed, ${unchanged} unchanged.${foresaid}\n`,
    );
}

async function applyToDatabase(
  file: RegistryFile,
  config: Config,
  dryRun: boolean,
): Promise<readonly Applied[]> {
  const seal = parseSealKeys(config.sealRing());
  const database = config.api();
  await checkDatabase(database);
  return applyRegistry(database.url, file, { vendors, seal, dryRun });
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
