import { cancelled } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import type { ActionRequest, BehaviorRun, EngineActivities } from '../../contract/index.ts';
import { createEngine } from '../../sandbox/engine/engine.ts';
import { runEngineWorker } from '../../sandbox/engine/run-engine-worker.ts';
import type { EngineWorker } from '../../sandbox/engine/run-engine-worker.ts';
import { ask } from '../support/database.ts';
import { textRun } from '../support/served.ts';
import type { Served } from '../support/served.ts';

type Moment = 'before' | 'after';
type Verb = 'executeAction' | 'compensateAction';
type Hook = (request: ActionRequest) => Promise<unknown>;

/**
 * The sandbox's engine, which keeps its keys and fences, on a worker that a test can stop and start. Its actions send
 * e-mails, so that each time one took effect is a row.
 */
export interface StoppableEngine {
  readonly taskQueue: string;
  /** Every request in the order of arrival, as `<verb> <referenceId>`. */
  readonly asked: string[];
  /** What became of each execution, in the order of the answers, as `<referenceId> <status>` or `<referenceId> refused`. */
  readonly answered: string[];
  start(): Promise<void>;
  /** Ends the worker as a deploy does; an action under way is broken off and will be asked for again. */
  stop(): Promise<void>;
  /** Once, before the effect of an action, or after it was committed and before the engine answers. */
  once(moment: Moment, verb: Verb, referenceId: string, hook: Hook): void;
  /** How often each action took effect for this run, and how often it was taken back. */
  effectsOf(run: BehaviorRun): Promise<Readonly<Record<string, { sent: number; recalled: number }>>>;
  close(): Promise<void>;
}

const pipe = { id: 'p1', phase: 'intake' } as const;

export async function openStoppableEngine(served: Served, org: string): Promise<StoppableEngine> {
  const taskQueue = `stoppable-${served.taskQueue}-${org}`;
  const engine = await createEngine({
    databaseUrl: served.urls.owner,
    taskQueue,
    start: () => Promise.reject(new Error('This pipe has no Behaviors.')),
    delivers: false,
  });
  await engine.install({
    org,
    id: pipe.id,
    name: 'Requests',
    phases: [{ id: pipe.phase, name: 'Intake' }],
    moves: {},
    fields: [],
    agents: [],
  });
  const address = process.env['BYOM_TEST_TEMPORAL_ADDRESS'] ?? '';
  const connection = await NativeConnection.connect({ address });
  const hooks = new Map<string, Hook>();
  const asked: string[] = [];
  const answered: string[] = [];

  async function pass(moment: Moment, verb: Verb, request: ActionRequest): Promise<void> {
    const key = `${moment} ${verb} ${request.action.referenceId}`;
    const hook = hooks.get(key);
    hooks.delete(key);
    if (hook !== undefined) await Promise.race([hook(request), cancelled()]);
  }
  const activities: EngineActivities = {
    ...engine.activities,
    async executeAction(request) {
      asked.push(`executeAction ${request.action.referenceId}`);
      await pass('before', 'executeAction', request);
      const { referenceId } = request.action;
      const done = await engine.activities.executeAction(request).catch((error: unknown) => {
        answered.push(`${referenceId} refused`);
        throw error;
      });
      answered.push(`${referenceId} ${done.status}`);
      await pass('after', 'executeAction', request);
      return done;
    },
    async compensateAction(request) {
      asked.push(`compensateAction ${request.action.referenceId}`);
      await pass('before', 'compensateAction', request);
      await engine.activities.compensateAction(request);
      await pass('after', 'compensateAction', request);
    },
  };
  let worker: EngineWorker | null = null;
  return {
    taskQueue,
    asked,
    answered,
    async start() {
      worker ??= await runEngineWorker(connection, taskQueue, { activities });
    },
    async stop() {
      const running = worker;
      worker = null;
      await running?.close();
    },
    once: (moment, verb, referenceId, hook) => hooks.set(`${moment} ${verb} ${referenceId}`, hook),
    effectsOf: (run) => countEffects(served, run),
    async close() {
      await worker?.close();
      await connection.close();
      await engine.close();
    },
  };
}

/** A run with a card of its own, whose plan sends the e-mails `a`, `b` and `c` in this order. */
export async function emailRun(
  { urls }: Served,
  org: string,
  taskQueue: string,
  over: Partial<BehaviorRun['behavior']> = {},
): Promise<BehaviorRun> {
  const [card] = await ask<{ id: string }>(
    urls.owner,
    `insert into pipe_engine.cards (pipe_id, phase_id, title, fields, attachments)
     values ($1, $2, 'A request', '{}', '[]') returning id`,
    [pipe.id, pipe.phase],
  );
  const actions = ['a', 'b', 'c'].map((referenceId) => ({
    referenceId,
    actionType: 'send_email_template' as const,
    name: `Send ${referenceId}`,
    metadata: { emailTemplateId: referenceId },
  }));
  const run = textRun(org, {
    answer: 'plan',
    instruction: 'Do %{action:a}, then %{action:b}, then %{action:c}.',
    actions,
    ...over,
  });
  return { ...run, engineTaskQueue: taskQueue, card: { ...run.card, id: card?.id ?? '' } };
}

async function countEffects({ urls }: Served, { card }: BehaviorRun) {
  const rows = await ask<{ template: string; sent: number; recalled: number }>(
    urls.owner,
    `select template_id as template, count(*)::int as sent, count(recalled_at)::int as recalled
     from pipe_engine.emails where card_id = $1 group by 1 order by 1`,
    [card.id],
  );
  return Object.fromEntries(rows.map(({ template, sent, recalled }) => [template, { sent, recalled }]));
}
