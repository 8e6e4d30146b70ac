import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createClosers } from '../../sandbox/closers.ts';
import { createEngine } from '../../sandbox/engine/engine.ts';
import type { PipeEngine } from '../../sandbox/engine/engine.ts';
import { findFreePort } from '../../sandbox/processes.ts';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors } from '../../testing/index.ts';
import { openFolder } from '../support/run-byom.ts';
import type { Ran, RunningByom, TestFolder } from '../support/run-byom.ts';
import type { FindLeaks } from './find-leaks.ts';
import type { Haystack } from './haystack.ts';
import { startPasswordPostgres } from './password-postgres.ts';
import type { PasswordPostgres, PostgresPrograms } from './password-postgres.ts';
import { findLeaksOf, plantTexts } from './planted.ts';
import type { PlantedTexts } from './planted.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** Everything from the first `byom migrate` on, done by the commands themselves, with each word that they say kept. */
export interface Scene {
  readonly texts: PlantedTexts;
  readonly findLeaks: FindLeaks;
  readonly postgres: PasswordPostgres;
  readonly vendors: SandboxVendors;
  readonly client: Client;
  readonly engine: PipeEngine;
  readonly folder: TestFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly queues: Readonly<Record<QueueName, string>>;
  /** Where the host's workers serve their metrics. */
  readonly metricsUrl: string;
  /** Runs a command to its end, with the usual environment and what `over` changes in it. */
  byom(name: string, args: readonly string[], over?: NodeJS.ProcessEnv): Promise<Ran>;
  start(name: string, args: readonly string[], over?: NodeJS.ProcessEnv, program?: string): RunningByom;
  /** What everybody has said so far, Postgres too. */
  logs(): Promise<readonly Haystack[]>;
  close(): Promise<void>;
}

/** `command`: served by `byom worker` · `host`: by the workers of a host · `crash`: by a worker that dies in a call. */
const queueNames = ['command', 'host', 'crash', 'engine'] as const;
type QueueName = (typeof queueNames)[number];

/** What makes those talk who can be made to: our command, knex, the SDKs of vendors, Node, Temporal's core. */
const talkative = {
  BYOM_DEBUG: '1',
  DEBUG: '*',
  OPENAI_LOG: 'debug',
  NODE_DEBUG: 'http,https,net,tls,fetch,undici',
  RUST_LOG: 'trace',
} as const;

export async function openScene(programs: PostgresPrograms): Promise<Scene> {
  const { onClose, closeAll } = createClosers();
  try {
    const texts = plantTexts();
    const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
    const folder = await openFolder();
    onClose(() => folder.remove());
    const postgres = await startPasswordPostgres(programs, texts.passwords);
    onClose(() => postgres.close());
    const vendors = await startSandboxVendors();
    onClose(() => vendors.close());
    const connection = await Connection.connect({ address });
    onClose(() => connection.close());
    const metrics = `127.0.0.1:${await findFreePort()}`;
    const env: NodeJS.ProcessEnv = {
      ...talkative,
      TEMPORAL_ADDRESS: address,
      BYOM_DATABASE_URL: postgres.url('byom_owner'),
      BYOM_API_DATABASE_URL: postgres.url('byom_api'),
      BYOM_WORKER_DATABASE_URL: postgres.url('byom_worker'),
      BYOM_ALLOWED_RANGES: '127.0.0.0/8',
      METRICS_ADDRESS: metrics,
      VENDORS: vendors.origin,
      VENDOR_KEY: texts.apiKey,
    };
    const stage = openStage();
    onClose(() => stage.close());
    const rings = await setUp(stage, postgres, env);
    Object.assign(env, rings);
    const engine = await openEngine(postgres);
    onClose(() => engine.close());
    const start: Scene['start'] = (name, args, over = {}, program) =>
      stage.start(name, args, { ...env, ...over }, program);
    return {
      texts,
      postgres,
      vendors,
      engine,
      folder,
      env,
      start,
      findLeaks: findLeaksOf(texts, secretRings(rings)),
      client: new Client({ connection }),
      queues: queuesOf(randomUUID().slice(0, 8)),
      metricsUrl: `http://${metrics}/metrics`,
      byom: (name, args, over = {}) => start(name, args, over).ended,
      logs: async () => [...stage.logs(), ...(await readLogs(join(postgres.folder, 'log')))],
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function queuesOf(own: string): Scene['queues'] {
  return Object.fromEntries(queueNames.map((name) => [name, `${name}-${own}`])) as Scene['queues'];
}

/** An empty database becomes a registry, as the README says: the roles come with it, and a DBA gives them passwords. */
async function setUp(
  stage: Stage,
  postgres: PasswordPostgres,
  env: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const migrated = await stage.start('byom migrate up', ['migrate', 'up'], env).ended;
  if (migrated.code !== 0) throw new Error(`It was not migrated: ${migrated.stderr.slice(-500)}`);
  await postgres.setPassword('byom_api');
  await postgres.setPassword('byom_worker');
  const { stdout } = await stage.start('byom keys generate', ['keys', 'generate'], env).ended;
  const lines = [...stdout.matchAll(/^(BYOM_\w+)=(.+)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', ring = '']) => [name, ring]));
}

/** The third one holds public keys. */
function secretRings({ BYOM_CREDENTIAL_KEYS = '', BYOM_RUN_KEYS = '' }: NodeJS.ProcessEnv) {
  return { BYOM_CREDENTIAL_KEYS, BYOM_RUN_KEYS };
}

/** For its cards; its actions are carried out by the engine's worker of the host. */
function openEngine(postgres: PasswordPostgres): Promise<PipeEngine> {
  return createEngine({
    databaseUrl: postgres.url('byom_owner'),
    start: () => Promise.reject(new Error('This engine starts nothing.')),
    delivers: false,
  });
}

async function readLogs(folder: string): Promise<readonly Haystack[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => ({ place: 'log of Postgres', data: await readFile(join(folder, name)) })),
  );
}
