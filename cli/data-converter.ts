import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { Config } from './config.ts';
import { UserError } from './user-error.ts';

/**
 * The host's own data converter, from the module that `BYOM_DATA_CONVERTER` names: its payload codec keeps what a run
 * carries unreadable in Temporal's histories. Undefined without one. Throws `UserError` for a module that gives none.
 */
export async function loadDataConverter({
  dataConverterModule: path,
}: Config): Promise<DataConverter | undefined> {
  if (path === null) return undefined;
  const loaded = await load(isAbsolute(path) ? path : resolve(path));
  const found = loaded['dataConverter'] ?? (loaded['default'] as Loaded | undefined)?.['dataConverter'];
  if (typeof found === 'object' && found !== null) return found;
  throw new UserError(
    `BYOM_DATA_CONVERTER: ${path} exports no \`dataConverter\`, the object that Temporal's clients and workers take (payloadCodecs, payloadConverterPath, failureConverterPath).`,
  );
}

type Loaded = Readonly<Record<string, unknown>>;

async function load(path: string): Promise<Loaded> {
  try {
    return (await import(pathToFileURL(path).href)) as Loaded;
  } catch {
    // What it says may quote a key that it failed to read.
    throw new UserError(`BYOM_DATA_CONVERTER: ${path} cannot be loaded; \`node ${path}\` shows why.`);
  }
}
