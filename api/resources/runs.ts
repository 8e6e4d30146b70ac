import { z } from '@hono/zod-openapi';
import { failures, type BehaviorRun, type FailureType, type RunOutcome } from '../../contract/index.ts';
import {
  listRuns,
  outcomeOf,
  readRun,
  toRunLine,
  type FoundRun,
  type RunFilter,
} from '../../registry/index.ts';
import { findInOrganization } from '../find-in-organization.ts';
import { needTemporal } from '../need-temporal.ts';
import { pageOf, pageQuery, readCursor, toPage } from '../page.ts';
import { isAllowed, pipesSeen } from '../principal.ts';
import { Problem } from '../problem.ts';
import { handleRoute, hostId, type Call, type Route } from '../route.ts';

const layer = z.enum(['behavior', 'organization', 'platform']);
const status = z.enum(['running', 'completed', 'partial', 'failed', 'aborted']);
const tokens = z
  .object({
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    cachedInputTokens: z.int().nullable(),
    reasoningTokens: z.int().nullable(),
  })
  .nullable();
const cost = z.object({ amount: z.string(), currency: z.string() }).nullable();
const answeredBy = z
  .object({ layer, provider: z.string(), model: z.string(), vendor: z.string() })
  .nullable();
const failure = z.object({ type: z.string(), lastModelFailure: z.string().nullable() }).nullable();

const line = z
  .object({
    workflowId: z.string(),
    pipe: z.string(),
    behavior: z.string(),
    status,
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    answeredBy,
    reason: z.string().nullable(),
    failure,
    usage: tokens,
    cost,
  })
  .openapi('RunLine');
const attempt = z
  .object({
    call: z.int(),
    hop: z.int(),
    layer: z.string(),
    reason: z.string(),
    provider: z.string(),
    model: z.string(),
    vendor: z.string(),
    state: z.enum(['sent', 'answered', 'failed', 'refused', 'cancelled', 'unknown']),
    failure: z.string().nullable(),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    cost: z.string().nullable(),
    currency: z.string(),
    sentAt: z.string(),
    settledAt: z.string().nullable(),
  })
  .openapi('Attempt');
const outcome = z
  .object({
    version: z.literal(1),
    status: z.enum(['completed', 'partial', 'failed', 'aborted']),
    answeredBy,
    requested: z.object({ layer, model: z.string() }).nullable(),
    reason: z.string().nullable(),
    failure,
    abort: z.object({ by: z.string(), reason: z.string() }).nullable(),
    hops: z.array(
      z.object({
        layer,
        provider: z.string(),
        model: z.string(),
        outcome: z.string(),
        failure: z.string().nullable(),
        calls: z.int(),
        durationMs: z.number(),
        usage: tokens,
      }),
    ),
    skipped: z.array(z.object({ layer, model: z.string().nullable(), reason: z.string() })),
    actions: z.array(
      z.object({
        referenceId: z.string(),
        actionType: z.string(),
        status: z.string(),
        fields: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    summary: z.string().optional(),
    text: z.string().optional(),
    usage: tokens,
    cost,
    credits: z.number().nullable(),
  })
  .openapi('RunOutcome');
const run = z
  .object({
    workflowId: z.string(),
    status,
    outcome: outcome.nullable(),
    attempts: z.array(attempt),
  })
  .openapi('Run');
const started = z.object({ workflowId: z.string() }).openapi('RunStarted');

export type RunLineAnswer = z.output<typeof line>;
export type RunAnswer = z.output<typeof run>;

const listQuery = pageQuery.extend({
  status: status.optional(),
  behavior: hostId.optional(),
  pipe: hostId.optional(),
  provider: z.string().max(63).optional(),
  model: z.string().max(80).optional(),
  layer: layer.optional(),
  error: z.enum(Object.keys(failures) as [FailureType, ...FailureType[]]).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});

export type RunListQuery = Omit<z.input<typeof listQuery>, 'limit' | 'cursor'>;

type RequiredKey<Value> = {
  [Key in keyof Value]-?: Record<never, never> extends Pick<Value, Key> ? never : Key;
}[keyof Value];

/** What no run can be without, as its type says. The schema comes with Temporal's client, which only some routes need. */
const requiredOfRun = {
  version: true,
  org: true,
  pipe: true,
  engineTaskQueue: true,
  event: true,
  behavior: true,
  card: true,
} satisfies Record<RequiredKey<BehaviorRun>, true>;

const list = '/v1/orgs/{org}/runs';
const one = '/v1/orgs/{org}/runs/{workflowId}';

/** Runs: started here by engines in other languages, read from the registry, stopped by operators. */
export const runs: readonly Route[] = [
  handleRoute({
    method: 'post',
    path: list,
    summary: 'Starts a run for one trigger event; a second time it finds the first one.',
    permission: 'runs:start',
    asksTemporal: true,
    body: z.record(z.string(), z.unknown()).openapi('RunStart', {
      description: 'A run, version 1: see `run.v1.schema.json`.',
      required: Object.keys(requiredOfRun),
    }),
    answers: { 202: started },
    problems: ['run-differs'],
    // A card's text may hold anything: it goes to Temporal and not to Postgres.
    anyText: true,
    handle: async ({ body }, call) => {
      const { startRun } = await import('../start-run.ts');
      return { status: 202, body: await startRun(body, call) };
    },
  }),
  handleRoute({
    method: 'get',
    path: list,
    summary: 'Runs, newest first; nothing of their content.',
    permission: 'runs:read',
    query: listQuery,
    answers: { 200: pageOf(line, 'RunPage') },
    handle: async ({ query: { limit, cursor, ...filters } }, call) => {
      const filter = { ...nulls(filters), pipes: pipesSeen(call.principal, call.org) } as RunFilter;
      const query = listRuns({ ...filter, after: readCursor(cursor), limit });
      const found = (await findInOrganization<readonly FoundRun[]>(call, query)) ?? [];
      const { items, nextCursor } = toPage(found, limit, (row) => [row.startedAt, row.workflowId]);
      return { body: { items: items.map(toRunLine), nextCursor } };
    },
  }),
  handleRoute({
    method: 'get',
    path: one,
    summary: 'One run with its outcome and its calls. Its content is shown to those who may repair it.',
    permission: 'runs:read',
    asksTemporal: true,
    answers: { 200: run },
    handle: async ({ params: { workflowId } }, call) => {
      const found = await findRun(workflowId, call);
      if (found === null) return { body: await describeStarted(workflowId, call) };
      const showsContent = isAllowed(call.principal, call.org, 'runs:read-content', null);
      const full = outcomeOf(found);
      return {
        body: {
          workflowId,
          status: toRunLine(found).status,
          outcome: full && (showsContent ? full : withoutContent(full)),
          attempts: found.attempts,
        },
      };
    },
  }),
  handleRoute({
    method: 'post',
    path: `${one}/abort`,
    summary: 'Stops a run and takes its actions back.',
    permission: 'runs:repair',
    asksTemporal: true,
    body: z.strictObject({ reason: z.string().min(1).max(500) }).openapi('RunAbort'),
    answers: { 202: started },
    problems: ['conflict'],
    handle: async ({ params: { workflowId }, body: { reason } }, call) => {
      const client = needTemporal(call.options);
      if ((await findRun(workflowId, call)) === null) await describeStarted(workflowId, call);
      const { stopRun } = await import('../started-runs.ts');
      await stopRun(client, workflowId, reason);
      return { status: 202, body: { workflowId } };
    },
  }),
];

/** Null where the registry does not know it yet. A pipe-admin sees the runs of its pipes. */
async function findRun(workflowId: string, call: Call): Promise<FoundRun | null> {
  const found = await findInOrganization<FoundRun>(call, readRun(workflowId));
  const pipes = pipesSeen(call.principal, call.org);
  if (found !== null && pipes !== null && !pipes.includes(found.pipe)) throw new Problem('not-found');
  return found;
}

/** A run that no worker has taken up yet is in Temporal alone. Its id says whose it is, and nobody else's is looked at. */
async function describeStarted(workflowId: string, call: Call): Promise<object> {
  const { client } = call.options;
  const isOwn = workflowId.startsWith(`byom:${encodeURIComponent(call.org)}:`);
  if (!isOwn || client === undefined || pipesSeen(call.principal, call.org) !== null)
    throw new Problem('not-found');
  const { isStarted } = await import('../started-runs.ts');
  if (!(await isStarted(client, workflowId))) throw new Problem('not-found');
  return { workflowId, status: 'running', outcome: null, attempts: [] };
}

/** What a viewer may know: everything but what the model said and what was written. */
function withoutContent(full: RunOutcome): object {
  const { text, summary, actions, ...rest } = full;
  void text;
  void summary;
  const shown = actions.map(({ referenceId, actionType, status: how }) => ({
    referenceId,
    actionType,
    status: how,
  }));
  return { ...rest, actions: shown };
}

function nulls(filters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ['status', 'behavior', 'pipe', 'provider', 'model', 'layer', 'error', 'from', 'to'];
  return Object.fromEntries(names.map((name) => [name, filters[name] ?? null]));
}
