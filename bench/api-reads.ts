import { Pool } from 'undici';
import { Client } from 'pg';
import { makeToken } from '../api/index.ts';
import { generateKeys } from '../registry/index.ts';
import type { Closers } from '../sandbox/index.ts';
import { memoryPath, nothingPath } from './api-paths.ts';
import type { ApiStarted, ApiToStart } from './api-process.ts';
import type { Figure } from './figure.ts';
import type { Grounds } from './grounds.ts';
import { startProcess } from './own-process.ts';
import { behaviorsPerPipe, organizationOf, seedRegistry } from './seed-registry.ts';
import type { Sizes } from './sizes.ts';
import { compare, median, quantile } from './statistics.ts';
import { inParallel, takeTurns, timed } from './take-turns.ts';

const size = { organizations: 100, assignments: 1_000, providers: 100 };
const connections = 20;
const goals = { perSecond: 2_000, p99Ms: 20, rssMb: 150, startMs: 1_500 };

/** What is read, another organization's each time. Each is one statement. */
const reads: Readonly<Record<string, (index: number) => string>> = {
  'GET model': (index) => `${orgPath(index)}/models/model-${index % 10}`,
  'GET assignment': (index) => `${behaviorPath(index)}/assignment`,
  'GET resolution': (index) => `${behaviorPath(index)}/resolution`,
  'GET 50 assignments': (index) => `${orgPath(index)}/assignments?limit=50`,
};

/** Reads of the API over sockets beside a handler that does nothing, each in a process of its own. */
export async function measureApiReads(
  { postgres }: Pick<Grounds, 'postgres'>,
  { rounds, warmUp, requests }: Sizes['api'],
  closers: Closers,
): Promise<readonly Figure[]> {
  const database = 'bench_api';
  await seedRegistry(postgres, database, size);
  const token = await insertToken(postgres.url('byom_owner', database));
  const { sealRing } = generateKeys('bench');
  const authorization = `Bearer ${token}`;
  const toStart: ApiToStart = { databaseUrl: postgres.url('byom_api', database), sealRing };
  const firstPath = reads['GET model']?.(0) ?? '';
  const ours = await open('./api-process.js', toStart, firstPath, authorization, closers);
  const bare = await open('./bare-api-process.js', null, nothingPath, authorization, closers);

  const arms = {
    ...Object.fromEntries(
      Object.entries(reads).map(([name, path]) => [name, (total: number) => measureBlock(ours, path, total)]),
    ),
    bare: (total: number) => measureBlock(bare, () => nothingPath, total),
  };
  for (const measure of Object.values(arms)) await measure(warmUp);
  const taken = await takeTurns(
    rounds,
    Object.fromEntries(Object.entries(arms).map(([name, measure]) => [name, () => measure(requests)])),
  );
  return [
    ...Object.keys(reads).flatMap((name) => toFigures(name, taken[name] ?? [], taken['bare'] ?? [])),
    below('API: memory after all reads', 'MB', await memoryOf(ours), await memoryOf(bare), goals.rssMb),
    below('API: start of the process to the first answer', 'ms', ours.startMs, bare.startMs, goals.startMs),
  ];
}

interface Opened {
  readonly pool: Pool;
  readonly headers: Readonly<Record<string, string>>;
  readonly startMs: number;
}

async function open(
  file: string,
  toStart: ApiToStart | null,
  firstPath: string,
  authorization: string,
  closers: Closers,
): Promise<Opened> {
  const startedMs = performance.now();
  const child = startProcess<ApiStarted>(file);
  closers.onClose(() => child.close());
  child.tell({ api: toStart });
  const { url } = await child.said;
  const pool = new Pool(url, { connections });
  closers.onClose(() => pool.destroy());
  const headers = { authorization };
  const opened = { pool, headers };
  await read(opened, firstPath);
  return { ...opened, startMs: performance.now() - startedMs };
}

async function read({ pool, headers }: Pick<Opened, 'pool' | 'headers'>, path: string): Promise<string> {
  const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`A read of the API was answered with ${statusCode}.`);
  return text;
}

/** Resident, MB. */
async function memoryOf(opened: Opened): Promise<number> {
  return (JSON.parse(await read(opened, memoryPath)) as { readonly bytes: number }).bytes / 2 ** 20;
}

interface Block {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function measureBlock(opened: Opened, path: (index: number) => string, total: number): Promise<Block> {
  const latenciesMs: number[] = [];
  let asked = 0;
  const allMs = await timed(() =>
    inParallel(total, connections, async () => {
      asked += 1;
      const index = asked;
      latenciesMs.push(await timed(() => read(opened, path(index))));
    }),
  );
  return {
    perSecond: (total / allMs) * 1_000,
    p50Ms: median(latenciesMs),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

function orgPath(index: number): string {
  return `/v1/orgs/${organizationOf(index % size.organizations)}`;
}

function behaviorPath(index: number): string {
  // A step that is prime to the number of Behaviors visits all of them, near and far in turn.
  const behavior = (index * 7_919) % size.assignments;
  return `${orgPath(index)}/pipes/pipe-${Math.floor(behavior / behaviorsPerPipe)}/behaviors/behavior-${behavior}`;
}

async function insertToken(ownerUrl: string): Promise<string> {
  const { id, hash, token } = makeToken();
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('app.org_id', 'platform', true)`);
    await client.query(
      `insert into byom.service_tokens (org_id, id, token_hash, name, role, created_by, expires_at)
       values ('platform', $1, $2, 'bench', 'platform-admin', 'bench', now() + interval '1 day')`,
      [id, hash],
    );
    await client.query('commit');
    return token;
  } finally {
    await client.end();
  }
}

function toFigures(name: string, ours: readonly Block[], bare: readonly Block[]): readonly Figure[] {
  const of = (blocks: readonly Block[], key: keyof Block) => blocks.map((block) => block[key]);
  const perSecond = median(of(ours, 'perSecond'));
  const p99Ms = median(of(ours, 'p99Ms'));
  const beside = (key: keyof Block) => ({ what: 'bare handler', value: median(of(bare, key)) });
  const what = `API, ${name}, ${connections} connections`;
  return [
    {
      what,
      unit: 'requests/s',
      ours: perSecond,
      beside: beside('perSecond'),
      compared: compare('ratio', of(ours, 'perSecond'), of(bare, 'perSecond')),
      target: { text: `≥ ${goals.perSecond}/s`, met: perSecond >= goals.perSecond },
    },
    {
      what: `${what}: p50`,
      unit: 'ms',
      ours: median(of(ours, 'p50Ms')),
      beside: beside('p50Ms'),
      compared: null,
      target: null,
    },
    {
      what: `${what}: p99`,
      unit: 'ms',
      ours: p99Ms,
      beside: beside('p99Ms'),
      compared: null,
      target: { text: `< ${goals.p99Ms} ms`, met: p99Ms < goals.p99Ms },
    },
  ];
}

function below(what: string, unit: Figure['unit'], ours: number, bare: number, goal: number): Figure {
  return {
    what,
    unit,
    ours,
    beside: { what: 'bare handler', value: bare },
    compared: null,
    target: { text: `< ${goal} ${unit}`, met: ours < goal },
  };
}
