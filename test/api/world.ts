import { createHash } from 'node:crypto';
import {
  createApi,
  makeToken,
  type Api,
  type ApiOptions,
  type RequestLine,
  type Role,
} from '../../api/index.ts';
import { applyRegistry, generateKeys, parseSealKeys, readRegistryFile } from '../../registry/index.ts';
import { vendors } from '../../vendors/index.ts';
import { ask, freshDatabase, type TestDatabase } from '../support/database.ts';

const keyOf = (canary: string): string => canary.toUpperCase().replaceAll('-', '_');

/** Every secret that is registered: none may ever come out. */
export const secrets = {
  MAIN_CANARY_ACME: 'sk-main-of-canary-acme-1234567890',
  LEGAL_CANARY_ACME: 'sk-legal-of-canary-acme-1234567890',
  MAIN_CANARY_GLOBEX: 'sk-main-of-canary-globex-1234567890',
  LEGAL_CANARY_GLOBEX: 'sk-legal-of-canary-globex-1234567890',
};

/** Two organizations that have everything, each with a canary of its own in every text, and the platform. */
const organization = (canary: string): string => `
    name: Name of ${canary}
    providers:
      main:
        vendor: custom
        name: Provider of ${canary}
        settings: { baseUrl: 'https://${canary}.example/v1' }
        credential: { apiKey: '\${env:MAIN_${keyOf(canary)}}' }
      legal: { vendor: openai, credential: { apiKey: '\${env:LEGAL_${keyOf(canary)}}' } }
    models:
      light: { provider: main, name: Light of ${canary}, upstreamId: light-1, price: { input: '0.15', output: '0.60' } }
      strict: { provider: legal, upstreamId: strict-1 }
    default: light
    dataClasses:
      financial: { providers: [legal], platform: false }
    rules:
      p-2: { dataClass: financial, behaviors: { b-rate: { onFailure: none } } }
    assignments:
      p-1: { b-1: light, b-2: strict }
      p-2: { b-rate: strict }`;

const registryText = `
version: 1
organizations:
  acme:${organization('canary-acme')}
  globex:${organization('canary-globex')}
  platform:
    providers:
      house: { vendor: custom, settings: { baseUrl: 'https://house.example/v1' } }
    models:
      ai: { provider: house, upstreamId: house-1 }
    default: ai
`;

/** A caller: a role in an organization, for a pipe-admin with pipes. */
export interface As {
  readonly org: string;
  readonly role: Role;
  readonly pipes?: readonly string[];
  readonly expired?: boolean;
}

export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers of many shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Asking {
  readonly as?: As | { readonly token: string };
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A registry with two organizations, and the API over it, called without a socket. */
export interface ApiWorld {
  readonly api: Api;
  readonly database: TestDatabase;
  readonly lines: readonly RequestLine[];
  /** A token of that role; the same one for the same caller. */
  tokenOf(as: As): Promise<string>;
  call(method: string, path: string, asking?: Asking): Promise<Said>;
  close(): Promise<void>;
}

export const orgAdmin: As = { org: 'acme', role: 'org-admin' };

export async function openApiWorld(options: Partial<ApiOptions> = {}): Promise<ApiWorld> {
  const database = await freshDatabase();
  const sealKeys = parseSealKeys(generateKeys('test').sealRing);
  const read = { env: secrets, readFile: () => '', name: 'registry.yaml' };
  await applyRegistry(database.apiUrl, readRegistryFile(registryText, read), { vendors, seal: sealKeys });
  const lines: RequestLine[] = [];
  const api = createApi({
    databaseUrl: database.apiUrl,
    sealKeys,
    requestsPerMinute: 1_000_000,
    log: (line) => lines.push(line),
    ...options,
  });
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (as: As): Promise<string> => {
    const key = JSON.stringify(as);
    const known = tokens.get(key) ?? insertToken(database, as);
    tokens.set(key, known);
    return known;
  };
  return {
    api,
    database,
    lines,
    tokenOf,
    call: async (method, path, { as = orgAdmin, body, headers = {} } = {}) => {
      const token = 'token' in as ? as.token : await tokenOf(as);
      const response = await api.fetch(
        new Request(`http://api.test${path}`, {
          method,
          headers: {
            ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? null : JSON.parse(text),
      };
    },
    close: async () => {
      await api.close();
      await database.drop();
    },
  };
}

/** Written past the API: how an administration begins is a test of its own. */
async function insertToken(database: TestDatabase, { org, role, pipes, expired }: As): Promise<string> {
  const { id, token } = makeToken();
  await ask(
    database.superuserUrl,
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, pipes, expires_at, created_by)
     values ($1, $2, $3, 'test', $4, $5, now() + $6::interval, 'test')`,
    [
      org,
      id,
      createHash('sha256').update(token).digest(),
      role,
      pipes ?? null,
      expired ? '-1 minute' : '1 hour',
    ],
  );
  return token;
}
