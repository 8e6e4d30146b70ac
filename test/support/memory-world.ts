import { Failure, completeOutcome } from '../../contract/index.ts';
import type {
  BehaviorRun,
  Candidate,
  FailureType,
  InvokeRequest,
  Reply,
  ResolveRequest,
  RunOutcome,
} from '../../contract/index.ts';
import { judgeCall } from '../../registry/policy/judge-call.ts';
import { retryDelayMs } from '../../registry/policy/may-retry.ts';
import { planCandidates } from '../../registry/policy/plan-candidates.ts';
import type { CallCounts, PlanRows } from '../../registry/policy/rows.ts';
import { carryOut } from '../../workflows/agent-behavior.ts';
import type { DurableSteps } from '../../workflows/run/durable-steps.ts';
import { begin } from '../../workflows/run/state.ts';
import { keepTrail } from '../../workflows/run/trail.ts';
import type { Trail } from '../../workflows/run/trail.ts';

export class Aborted extends Error {}

/** One call that reached a vendor, with the rows of that moment. */
interface BilledCall {
  readonly candidate: Candidate;
  readonly rows: PlanRows;
  /** The rows on which its hop was planned. */
  readonly planned: PlanRows;
  readonly round: number;
  readonly result: FailureType | 'ok';
}

/** A whole world in memory: a registry that anyone may change at any time, vendors, an engine, a ledger, a clock. */
export interface World {
  /** Without counts: the ledger below has them. */
  rows: PlanRows;
  nowMs: number;
  readonly bill: BilledCall[];
  readonly done: string[];
  readonly undone: string[];
  readonly recorded: RunOutcome['status'][];
  vendor(candidate: Candidate): FailureType | 'ok';
  engine(key: string): 'done' | 'failed' | 'unknown';
  before(step: 'resolve' | 'begin' | 'act'): void;
  judge: typeof judgeCall;
  count(bill: readonly BilledCall[]): CallCounts;
  plan: typeof planCandidates;
}

export function openWorld(over: Partial<World> & Pick<World, 'rows'>): World {
  return {
    nowMs: 0,
    bill: [],
    done: [],
    undone: [],
    recorded: [],
    vendor: () => 'ok',
    engine: () => 'done',
    before: () => {},
    judge: judgeCall,
    count: countCalls,
    plan: planCandidates,
    ...over,
  };
}

export async function runInMemory(
  world: World,
  run: BehaviorRun,
): Promise<{ outcome: RunOutcome; trail: Trail }> {
  const nowMs = (): number => world.nowMs;
  const trail = keepTrail(begin(0), nowMs, () => {});
  const asker = { run, ticket: null, workflowId: 'wf', runId: 'run', firstRunId: 'run' };
  const outcome = await carryOut({ asker, trail, durable: memorySteps(world, trail), nowMs });
  return { outcome, trail };
}

function memorySteps(world: World, trail: Trail): DurableSteps {
  let planned = world.rows;
  return {
    async untilAborted(body) {
      try {
        return await body();
      } catch (error) {
        if (error instanceof Failure) return { how: 'refused', failure: error.type, message: error.message };
        if (error instanceof Aborted) return { how: 'aborted', by: 'operator', reason: 'test' };
        throw error;
      }
    },
    async resolve(question: ResolveRequest) {
      world.before('resolve');
      planned = world.rows;
      return world.plan(withCounts(world, trail), { ...question, dataClass: question.claimed.dataClass });
    },
    invoke: async (call) => invoke(world, trail, call, planned),
    wait: async () => {},
    park: async () => {},
    async act({ idempotencyKey }) {
      world.before('act');
      const status = world.engine(idempotencyKey);
      if (status === 'done') world.done.push(idempotencyKey);
      return { status, fields: null, undo: null };
    },
    async undo({ idempotencyKey }) {
      world.undone.push(idempotencyKey);
      return 'undone';
    },
    async record({ draft }) {
      world.recorded.push(draft.status);
      return completeOutcome(draft, { hops: [], usage: null, cost: null, credits: null });
    },
  };
}

/** What the activity does with the real policy: judge each call on the rows of its moment, retry while it may. */
async function invoke(world: World, trail: Trail, call: InvokeRequest, planned: PlanRows): Promise<Reply> {
  const { candidate } = call;
  const question = { ...call, dataClass: call.claimed.dataClass, refused: [] };
  const startedMs = world.nowMs;
  for (let calls = 1; ; calls += 1) {
    world.before('begin');
    const rows = withCall(world, trail, candidate.model);
    const judged = world.judge(rows, question, candidate);
    if (judged.verdict === 'refused')
      return { ok: false, failure: 'hop.refused', calls: calls - 1, usage: null, refused: judged.refusal };
    if (judged.verdict === 'exhausted')
      return { ok: false, failure: 'budget.exhausted', calls: calls - 1, usage: null };
    world.nowMs += 1_000;
    const result = world.vendor(candidate);
    world.bill.push({ candidate, rows: world.rows, planned, round: trail.state.round, result });
    if (result === 'ok') return answered(call, candidate, calls);
    const standing = {
      model: candidate.model,
      counts: rows.counts,
      ceiling: judged.ceiling,
      budget: rows.policy.budget,
      hopMs: world.nowMs - startedMs,
      roundMs: call.roundMs + world.nowMs - startedMs,
      random: 0.5,
    };
    const delayMs = result.startsWith('model.') ? retryDelayMs(result, {}, standing) : null;
    if (delayMs === null) return { ok: false, failure: result, calls, usage: null };
    world.nowMs += delayMs;
  }
}

function answered({ run }: InvokeRequest, candidate: Candidate, calls: number): Reply {
  const facts = { ok: true, calls, usage: null, candidate, unsettled: null, outcome: null } as const;
  if (run.behavior.answer === 'text')
    return { ...facts, answer: { kind: 'text', text: 'yes', truncated: false } };
  const actionCalls = run.behavior.actions.map(({ referenceId }) => ({ referenceId, fields: {} }));
  return { ...facts, answer: { kind: 'plan', summary: 's', actionCalls } };
}

function withCounts(world: World, trail: Trail): PlanRows {
  return {
    ...world.rows,
    counts: world.count(world.bill.filter(({ round }) => round === trail.state.round)),
  };
}

function countCalls(bill: readonly BilledCall[]): CallCounts {
  const byModel: Record<string, number> = {};
  for (const { candidate } of bill) byModel[candidate.model] = (byModel[candidate.model] ?? 0) + 1;
  return { round: bill.length, byModel };
}

/** As `begin` sees it: the candidate's own row, and the call that is about to be made counted in. */
function withCall(world: World, trail: Trail, model: string): PlanRows {
  const { counts, ...rows } = withCounts(world, trail);
  const all = [rows.assigned, rows.byDefault, rows.platform];
  const own: CallCounts = {
    round: counts.round + 1,
    byModel: { ...counts.byModel, [model]: (counts.byModel[model] ?? 0) + 1 },
  };
  return { ...rows, ordered: all.find((row) => row?.model === model) ?? null, counts: own };
}

/** A run with three actions, or with what a test wants to be different. */
export function aRun(over: Partial<BehaviorRun['behavior']> = {}): BehaviorRun {
  const actions = ['a1', 'a2', 'a3'].map((referenceId) => ({
    referenceId,
    actionType: 'move_card' as const,
    name: referenceId,
    metadata: { destinationPhaseId: '1' },
  }));
  return {
    version: 1,
    org: 'acme',
    pipe: 'p',
    engineTaskQueue: 'engine',
    event: { id: 'e', type: 'card_created' },
    behavior: {
      id: 'b',
      name: 'B',
      answer: 'plan',
      instruction: 'Do.',
      dataClass: null,
      knowledge: [],
      actions,
      ...over,
    },
    card: { id: '1', title: '', fields: [] },
  };
}
