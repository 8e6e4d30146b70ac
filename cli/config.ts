import { defaultTaskQueue } from '../contract/index.ts';
import type { DatabaseSetting } from './reach-database.ts';
import { UserError } from './user-error.ts';

/** Everything the command takes from the environment, read once; each getter says what is missing and how to get it. */
export interface Config {
  readonly taskQueue: string;
  readonly allowedRanges: readonly string[];
  /** `BYOM_DATABASE_URL`: the owner, for migrations. */
  owner(): DatabaseSetting;
  /** `BYOM_API_DATABASE_URL`: whoever writes the registry. */
  api(): DatabaseSetting;
  /** `BYOM_WORKER_DATABASE_URL`: whoever serves runs. */
  worker(): DatabaseSetting;
  /** `BYOM_CREDENTIAL_KEYS`, as text: reading it would load the registry for commands that need none. */
  openRing(): string;
  /** `BYOM_CREDENTIAL_PUBLIC_KEYS`, as text. */
  sealRing(): string;
  /** `BYOM_RUN_KEYS`, as text; null where no ring is given. */
  readonly runRing: string | null;
  /** `BYOM_UNSIGNED_RUNS=allow`. */
  readonly unsignedRunsAllowed: boolean;
}

const urlForm = 'postgres://role:password@host:5432/database';
const keysRemedy = '`byom keys generate` prints a key ring to set it to.';

export function readConfig(env: NodeJS.ProcessEnv): Config {
  const need = (name: string, remedy: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new UserError(`${name} is not set: ${remedy}`);
    return value;
  };
  const database = (name: string, role: DatabaseSetting['role']): DatabaseSetting => {
    const url = need(name, `set it to the URL of ${role ?? 'the owner'}, ${urlForm}.`);
    if (!isDatabaseUrl(url)) throw new UserError(`${name} is not a URL like ${urlForm}.`);
    return { name, url, role };
  };
  const unsigned = env['BYOM_UNSIGNED_RUNS'] || null;
  if (unsigned !== null && unsigned !== 'allow')
    throw new UserError('BYOM_UNSIGNED_RUNS can only be "allow"; leave it out to refuse unsigned runs.');
  return {
    taskQueue: env['BYOM_TASK_QUEUE'] || defaultTaskQueue,
    allowedRanges: list(env['BYOM_ALLOWED_RANGES']),
    unsignedRunsAllowed: unsigned === 'allow',
    owner: () => database('BYOM_DATABASE_URL', null),
    api: () => database('BYOM_API_DATABASE_URL', 'byom_api'),
    worker: () => database('BYOM_WORKER_DATABASE_URL', 'byom_worker'),
    openRing: () => need('BYOM_CREDENTIAL_KEYS', keysRemedy),
    sealRing: () => need('BYOM_CREDENTIAL_PUBLIC_KEYS', keysRemedy),
    runRing: env['BYOM_RUN_KEYS'] || null,
  };
}

/** Is this host the machine itself? Where both Temporal and Postgres are, unsigned runs harm nobody else. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isDatabaseUrl(value: string): boolean {
  try {
    const { protocol, username, password, pathname } = new URL(value);
    decodeURIComponent(username + password + pathname);
    return /^postgres(ql)?:$/.test(protocol);
  } catch {
    return false;
  }
}

function list(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
