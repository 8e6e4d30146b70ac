import { completeOutcome, type RunOutcome } from '../../contract/index.ts';
import type { StoredOutcome } from '../rows.ts';
import { ofOrg, type OrgQuery } from './read.ts';

/** One call of the ledger, as it is shown: ids, counts and money, no prompt and no answer. */
export interface Attempt {
  readonly call: number;
  readonly hop: number;
  readonly layer: string;
  readonly reason: string;
  readonly provider: string;
  readonly model: string;
  readonly vendor: string;
  readonly state: string;
  readonly failure: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cost: string | null;
  readonly currency: string;
  readonly sentAt: string;
  readonly settledAt: string | null;
}

interface StoredRun {
  readonly workflowId: string;
  readonly pipe: string;
  readonly behavior: string;
  readonly status: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly stored: StoredOutcome | null;
}

/** A run as a list shows it. Nothing of its content. */
export interface RunLine extends Omit<StoredRun, 'stored' | 'status'> {
  readonly status: RunOutcome['status'] | 'running';
  readonly answeredBy: RunOutcome['answeredBy'];
  readonly reason: string | null;
  readonly failure: RunOutcome['failure'];
  readonly usage: RunOutcome['usage'];
  readonly cost: RunOutcome['cost'];
}

export interface FoundRun extends StoredRun {
  readonly attempts: readonly Attempt[];
}

const columns = `jsonb_build_object('workflowId', r.workflow_id, 'pipe', r.pipe_id, 'behavior', r.behavior_id,
  'status', r.status, 'startedAt', r.created_at, 'endedAt', r.recorded_at,
  'stored', case when r.draft is not null then jsonb_build_object('draft', r.draft, 'sums', r.sums) end)`;

const attempt = `jsonb_build_object('call', a.call, 'hop', a.hop, 'layer', a.layer, 'reason', a.reason,
  'provider', a.provider, 'model', a.model, 'vendor', a.vendor, 'state', a.state, 'failure', a.failure,
  'inputTokens', a.input_tokens, 'outputTokens', a.output_tokens, 'cost', trim_scale(a.cost)::text,
  'currency', a.currency, 'sentAt', a.sent_at, 'settledAt', a.settled_at)`;

/** A run with its calls, those of earlier executions included. */
export function readRun(workflowId: string): OrgQuery {
  return {
    sql: `select ${columns} || jsonb_build_object('attempts', (
        select coalesce(jsonb_agg(${attempt} order by a.sent_at, a.call), '[]') from (
          select * from byom.attempts a where ${ofOrg('a')} and a.workflow_id = r.workflow_id
            order by a.sent_at, a.call limit 500) a))
      from byom.runs r where ${ofOrg('r')} and r.workflow_id = $1->>'workflowId'`,
    args: { workflowId },
  };
}

export interface RunFilter {
  readonly status: string | null;
  readonly behavior: string | null;
  readonly pipe: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly layer: string | null;
  readonly error: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Only these pipes; null: all. */
  readonly pipes: readonly string[] | null;
}

/** Newest first, before `after` (start and id); one more than `limit`. */
export function listRuns(
  filter: RunFilter & { readonly after: readonly string[]; readonly limit: number },
): OrgQuery {
  const { after, ...args } = filter;
  return {
    sql: `select coalesce(jsonb_agg(${columns} order by r.created_at desc, r.workflow_id desc), '[]') from (
      select * from byom.runs r where ${ofOrg('r')}
        and ($1->>'afterId' is null or (r.created_at, r.workflow_id) < (($1->>'afterAt')::timestamptz, $1->>'afterId'))
        and ($1->>'status' is null or coalesce(r.status, 'running') = $1->>'status')
        and ($1->>'behavior' is null or r.behavior_id = $1->>'behavior')
        and ($1->>'pipe' is null or r.pipe_id = $1->>'pipe')
        and ($1->'pipes' = 'null' or r.pipe_id in (select jsonb_array_elements_text($1->'pipes')))
        and ($1->>'provider' is null or r.draft->'answeredBy'->>'provider' = $1->>'provider')
        and ($1->>'model' is null or r.draft->'answeredBy'->>'model' = $1->>'model')
        and ($1->>'layer' is null or r.draft->'answeredBy'->>'layer' = $1->>'layer')
        and ($1->>'error' is null or r.draft->'failure'->>'type' = $1->>'error')
        and ($1->>'from' is null or r.created_at >= ($1->>'from')::timestamptz)
        and ($1->>'to' is null or r.created_at < ($1->>'to')::timestamptz)
        order by r.created_at desc, r.workflow_id desc limit ($1->>'limit')::int + 1) r`,
    args: { ...args, afterAt: after[0] ?? null, afterId: after[1] ?? null },
  };
}

/** The outcome of a run, completed from the ledger; null while it runs. */
export function outcomeOf({ stored }: Pick<FoundRun, 'stored'>): RunOutcome | null {
  return stored === null ? null : completeOutcome(stored.draft, stored.sums);
}

export function toRunLine(run: FoundRun | Omit<FoundRun, 'attempts'>): RunLine {
  const { workflowId, pipe, behavior, startedAt, endedAt } = run;
  const outcome = outcomeOf(run);
  return {
    workflowId,
    pipe,
    behavior,
    startedAt,
    endedAt,
    status: outcome?.status ?? 'running',
    answeredBy: outcome?.answeredBy ?? null,
    reason: outcome?.reason ?? null,
    failure: outcome?.failure ?? null,
    usage: outcome?.usage ?? null,
    cost: outcome?.cost ?? null,
  };
}
