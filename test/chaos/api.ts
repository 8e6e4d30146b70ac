import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { makeToken } from '../../api/index.ts';
import {
  applyRegistry,
  generateKeys,
  migrate,
  parseSealKeys,
  readRegistryFile,
} from '../../registry/index.ts';
import { createClosers } from '../../sandbox/closers.ts';
import { vendors } from '../../vendors/index.ts';
import { startBreakablePostgres, type BreakablePostgres } from '../faults/breakable-postgres.ts';
import { ask } from '../support/database.ts';
import { startApiProcess, type ApiProcess } from './api-process.ts';

/** `npm run chaos:api`: what the API's callers see while its Postgres is out, in figures beside their limits. */
const outageMs = 6_000;
const callers = 24;
const limits = { answerMs: 2_000, recoveryMs: 1_000, growthMb: 40 };
/** Nobody waits longer; a request that takes this long hangs. */
const patienceMs = 10_000;

const registryText = `
version: 1
organizations:
  acme:
    providers:
      main: { vendor: custom, settings: { baseUrl: 'https://main.example/v1' } }
    models:
      light: { provider: main, upstreamId: light-1 }
    default: light
`;

interface Answer {
  readonly what: string;
  readonly status: number | 'hangs';
  readonly retryAfter: string | null;
  readonly ms: number;
}

const closers = createClosers();
let postgres: BreakablePostgres;
let api: ApiProcess;
let authorization: string;
let settledMb: number;
const figures: string[] = [];

beforeAll(async () => {
  postgres = await startBreakablePostgres();
  closers.onClose(() => postgres.close());
  await migrate(postgres.url());
  const { sealRing } = generateKeys('chaos');
  const file = readRegistryFile(registryText, { env: {}, readFile: () => '', name: 'registry.yaml' });
  await applyRegistry(postgres.url('byom_api'), file, { vendors, seal: parseSealKeys(sealRing) });
  authorization = `Bearer ${await insertToken()}`;
  api = await startApiProcess(postgres.url('byom_api'), sealRing);
  closers.onClose(() => api.close());
  await callDuring(() => sleep(2_000)); // What a process that serves holds, before anything breaks.
  settledMb = await api.rssMb();
}, 120_000);
afterAll(async () => {
  process.stderr.write(`\n${figures.join('\n')}\n`);
  await closers.closeAll();
});

const outages: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  stopped: async () => {
    await postgres.stop();
    return () => postgres.start();
  },
  frozen: async () => {
    postgres.freeze();
    return async () => postgres.thaw();
  },
  'out of connections': () => holding('lock table byom.service_tokens in access exclusive mode'),
  'a row locked': () => holding("select from byom.organizations where org_id = 'acme' for update"),
};

test.each(Object.keys(outages))(
  'Postgres %s: every caller is answered in time, and served soon after',
  async (name) => {
    let healed = 0;
    const answers = await callDuring(async () => {
      const heal = await outages[name]!();
      await sleep(outageMs);
      await heal();
      healed = performance.now();
    });
    const recoveryMs = await measureRecovery(healed);
    const growthMb = (await api.rssMb()) - settledMb;
    const slowestMs = Math.max(...answers.map(({ ms }) => ms));
    figures.push(toFigure(name, answers, { slowestMs, recoveryMs, growthMb }));
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    expect(answers.filter(({ status, retryAfter }) => status === 503 && retryAfter === null)).toEqual([]);
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(callers);
    expect(slowestMs).toBeLessThan(limits.answerMs);
    expect(recoveryMs).toBeLessThan(limits.recoveryMs);
    expect(growthMb).toBeLessThan(limits.growthMb);
    expect(api.isRunning()).toBe(true);
  },
  60_000,
);

function toFigure(
  name: string,
  answers: readonly Answer[],
  { slowestMs, recoveryMs, growthMb }: Record<'slowestMs' | 'recoveryMs' | 'growthMb', number>,
): string {
  const refused = answers.filter(({ status }) => status === 503).length;
  return [
    `${name.padEnd(20)} ${String(answers.length).padStart(6)} answers, ${refused} of them 503`,
    `slowest ${slowestMs.toFixed(0)} ms (limit ${limits.answerMs})`,
    `served again after ${recoveryMs.toFixed(0)} ms (limit ${limits.recoveryMs})`,
    `memory ${growthMb < 0 ? '' : '+'}${growthMb.toFixed(0)} MB (limit ${limits.growthMb})`,
  ].join(' · ');
}

const requests: readonly (readonly [method: string, path: string, body?: string])[] = [
  ['GET', '/v1/orgs/acme/models/light'],
  ['PUT', '/v1/orgs/acme/models/light', '{"provider":"main","upstreamId":"light-1"}'],
  ['PATCH', '/v1/orgs/acme/policy', '{"onFailure":"cascade"}'],
  ['GET', '/v1/orgs/acme/assignments'],
  ['GET', '/readyz'],
];

async function call([method, path, body]: (typeof requests)[number]): Promise<Answer> {
  const startedMs = performance.now();
  const what = `${method} ${path}`;
  const took = () => performance.now() - startedMs;
  try {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', 'if-match': '*' },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.arrayBuffer();
    const { status, headers } = response;
    return { what, status, retryAfter: headers.get('retry-after'), ms: took() };
  } catch {
    return { what, status: 'hangs', retryAfter: null, ms: took() };
  }
}

/** Has callers ask without a pause while `work` goes on, and then waits for the answers that are still to come. */
async function callDuring(work: () => Promise<void>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let over = false;
  const lanes = Array.from({ length: callers }, async (_none, lane) => {
    for (let turn = lane; !over; turn += 1) {
      const answer = await call(requests[turn % requests.length]!);
      answers.push(answer);
      // A caller that was told to come back does not come back at once.
      await sleep(answer.status === 200 ? 5 : 50);
    }
  });
  await work().finally(() => {
    over = true;
  });
  await Promise.all(lanes);
  return answers;
}

/** Until each of them is served again. Answers that were under way at the end are waited for before this. */
async function measureRecovery(healedMs: number): Promise<number> {
  const servedMs = await Promise.all(
    requests.map(async (one) => {
      while ((await call(one)).status !== 200) {
        if (performance.now() - healedMs > patienceMs) return Infinity;
        await sleep(20);
      }
      return performance.now() - healedMs;
    }),
  );
  return Math.max(...servedMs);
}

async function holding(sql: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  await client.query('begin');
  await client.query(sql);
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

async function insertToken(): Promise<string> {
  const { id, token } = makeToken();
  await ask(
    postgres.url('postgres'),
    `insert into byom.service_tokens (org_id, id, token_hash, name, role, expires_at, created_by)
     values ('acme', $1, $2, 'chaos', 'org-admin', now() + interval '1 hour', 'chaos')`,
    [id, createHash('sha256').update(token).digest()],
  );
  return token;
}
