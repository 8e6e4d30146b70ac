import { parseRunKeys } from '../client/index.ts';
import type { RunKeys } from '../client/index.ts';
import { defaultTaskQueue } from '../contract/index.ts';
import { parseOpenKeys, parseSealKeys } from '../registry/index.ts';
import type { OpenKeys, SealKeys } from '../registry/index.ts';
import { UserError } from './user-error.ts';

/** Everything the command takes from the environment, read once; each getter says what is missing and how to get it. */
export interface Config {
  readonly taskQueue: string;
  readonly allowedRanges: readonly string[];
  readonly debug: boolean;
  /** `BYOM_DATABASE_URL`: the owner, for migrations. */
  ownerUrl(): string;
  apiUrl(): string;
  workerUrl(): string;
  openKeys(): OpenKeys;
  sealKeys(): SealKeys;
  /** Null where no ring is given. */
  runKeys(): RunKeys | null;
  /** `BYOM_UNSIGNED_RUNS=allow`. */
  readonly unsignedRunsAllowed: boolean;
}

export function readConfig(env: NodeJS.ProcessEnv): Config {
  const need = (name: string, remedy: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new UserError(`${name} is not set: ${remedy}`);
    return value;
  };
  const unsigned = env['BYOM_UNSIGNED_RUNS'];
  if (unsigned !== undefined && unsigned !== 'allow')
    throw new UserError('BYOM_UNSIGNED_RUNS can only be "allow"; leave it out to refuse unsigned runs.');
  return {
    taskQueue: env['BYOM_TASK_QUEUE'] ?? defaultTaskQueue,
    allowedRanges: list(env['BYOM_ALLOWED_RANGES']),
    debug: env['BYOM_DEBUG'] === '1',
    unsignedRunsAllowed: unsigned === 'allow',
    ownerUrl: () =>
      databaseUrl('BYOM_DATABASE_URL', need('BYOM_DATABASE_URL', "the owner's postgres:// URL")),
    apiUrl: () =>
      databaseUrl('BYOM_API_DATABASE_URL', need('BYOM_API_DATABASE_URL', 'a URL of role byom_api')),
    workerUrl: () =>
      databaseUrl('BYOM_WORKER_DATABASE_URL', need('BYOM_WORKER_DATABASE_URL', 'a URL of role byom_worker')),
    openKeys: () => parseOpenKeys(need('BYOM_CREDENTIAL_KEYS', '`byom keys generate` makes a key ring')),
    sealKeys: () =>
      parseSealKeys(need('BYOM_CREDENTIAL_PUBLIC_KEYS', '`byom keys generate` makes a key ring')),
    runKeys: () => (env['BYOM_RUN_KEYS'] ? parseRunKeys(env['BYOM_RUN_KEYS']) : null),
  };
}

/** Is this host the machine itself? Where both Temporal and Postgres are, unsigned runs harm nobody else. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function databaseUrl(name: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new UserError(`${name} is not a URL like postgres://role:password@host:5432/database.`);
  return value;
}

function list(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
