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
  /** `BYOM_MAINTENANCE_DATABASE_URL`: whoever looks after the audit; without it, the owner. */
  maintenance(): DatabaseSetting;
  /** `BYOM_CREDENTIAL_KEYS`, as text: reading it would load the registry for commands that need none. */
  openRing(): string;
  /** `BYOM_CREDENTIAL_PUBLIC_KEYS`, as text. */
  sealRing(): string;
  /** `BYOM_RUN_KEYS`, as text; null where no ring is given. */
  readonly runRing: string | null;
  /** `BYOM_UNSIGNED_RUNS=allow`. */
  readonly unsignedRunsAllowed: boolean;
  /** Where the API is served: `BYOM_API_HOST`, `BYOM_API_PORT`. */
  apiPlace(): { readonly host: string; readonly port: number };
  /** Is an API named, for the commands that can go through one or straight to the database? */
  readonly hasApi: boolean;
  /** `BYOM_API_URL`, `BYOM_API_TOKEN`: the API that commands go through. */
  apiAddress(): { readonly url: string; readonly token: string };
  /** Whose JWTs the API believes: `BYOM_OIDC_ISSUER`, `BYOM_OIDC_AUDIENCE`, `BYOM_OIDC_JWKS_URL`; null: nobody's. */
  oidc(): OidcSetting | null;
  /** `BYOM_DATA_CONVERTER`: path of the module with the host's own data converter; null: Temporal's own. */
  readonly dataConverterModule: string | null;
  /** Is the key that opens credentials in this environment? The API's must not have it. */
  readonly holdsOpenRing: boolean;
}

export interface OidcSetting {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl?: string;
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
    maintenance: () =>
      env['BYOM_MAINTENANCE_DATABASE_URL']
        ? database('BYOM_MAINTENANCE_DATABASE_URL', 'byom_maintenance')
        : database('BYOM_DATABASE_URL', null),
    openRing: () => need('BYOM_CREDENTIAL_KEYS', keysRemedy),
    sealRing: () => need('BYOM_CREDENTIAL_PUBLIC_KEYS', keysRemedy),
    runRing: env['BYOM_RUN_KEYS'] || null,
    dataConverterModule: env['BYOM_DATA_CONVERTER'] || null,
    holdsOpenRing: Boolean(env['BYOM_CREDENTIAL_KEYS']),
    apiPlace: () => ({
      host: env['BYOM_API_HOST'] || '127.0.0.1',
      port: readPort(env['BYOM_API_PORT'] || usualApiPort),
    }),
    hasApi: Boolean(env['BYOM_API_URL']),
    apiAddress() {
      const url = need('BYOM_API_URL', 'set it to the address of the API, such as http://127.0.0.1:4401.');
      const token = need(
        'BYOM_API_TOKEN',
        'set it to a service token; `byom tokens bootstrap` makes the first.',
      );
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        throw new UserError('BYOM_API_URL is not a URL like https://byom.example.');
      if (!/^[\x21-\x7e]+$/.test(token))
        throw new UserError(
          'BYOM_API_TOKEN is not a token: it holds a space, a line break or another such character.',
        );
      return { url, token };
    },
    oidc() {
      const { BYOM_OIDC_ISSUER: issuer, BYOM_OIDC_AUDIENCE: audience, BYOM_OIDC_JWKS_URL: jwksUrl } = env;
      if (!issuer && !audience && !jwksUrl) return null;
      return {
        issuer: need(
          'BYOM_OIDC_ISSUER',
          'JWTs are believed of one issuer; set it to what they say as `iss`.',
        ),
        audience: need('BYOM_OIDC_AUDIENCE', 'set it to what JWTs for this API say as `aud`.'),
        ...(jwksUrl ? { jwksUrl } : {}),
      };
    },
  };
}

const usualApiPort = '4401';

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UserError('BYOM_API_PORT is not a port: a whole number up to 65535, 0 for any that is free.');
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
