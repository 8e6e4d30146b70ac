import type { Considered, Layer, Reason } from '../../contract/index.ts';
import { boundaryRefusal, classesOf, readinessRefusal } from '../policy/permit.ts';
import { planCandidates } from '../policy/plan-candidates.ts';
import type { PlanQuestion } from '../policy/rows.ts';
import { toModelRow, toPlanRows } from '../rows.ts';
import type { StoredModel, StoredRows } from '../rows.ts';
import type { BehaviorPlace } from './assignments.ts';
import type { OrgQuery } from './read.ts';

/** Which model would serve a Behavior now, and why: the answer of a run, before there is one. */
export interface Resolution extends Pick<Considered, 'requested' | 'skipped'> {
  readonly decision: 'call' | 'wait' | 'park' | 'fail';
  readonly model: string | null;
  readonly provider: string | null;
  readonly layer: Layer | null;
  /** Of the model that would be called, else what the run would end with. */
  readonly reason: string;
}

/** One entry of the Agent Builder's dropdown. */
export interface ModelOption {
  readonly model: string;
  readonly name: string;
  readonly vendor: string;
  readonly provider: string;
  readonly group: 'organization' | 'platform';
  /** False for one that could not be called at all. One that may not have this data can be chosen, and is never called. */
  readonly selectable: boolean;
  /** What stands in its way; null for nothing. */
  readonly why: Reason | null;
}

export interface ModelOptions {
  readonly assigned: string | null;
  readonly default: string | null;
  readonly effective: Pick<Resolution, 'model' | 'layer' | 'reason'>;
  readonly options: readonly ModelOption[];
}

/** Before a run there are no calls. */
const rows = `(byom.plan_rows($1 || jsonb_build_object('org', $2)) || '{"counts": {"round": 0, "byModel": {}}}')`;

/** Null for the platform itself, which has no Behaviors. */
export function readResolution({ pipe, behavior }: BehaviorPlace): OrgQuery {
  return {
    hot: 'read_resolution',
    sql: `select case when $2 <> 'platform' then ${rows} end`,
    args: { pipe, behavior },
  };
}

export function readModelOptions({ pipe, behavior }: BehaviorPlace): OrgQuery {
  return {
    hot: 'read_model_options',
    sql: `select case when $2 <> 'platform' then jsonb_build_object('rows', ${rows}, 'models', byom.option_rows($2)) end`,
    args: { pipe, behavior },
  };
}

export function toResolution(found: StoredRows, dataClass: string | null): Resolution {
  const next = planCandidates(toPlanRows(found), asked(dataClass));
  const { requested, skipped } = next;
  if (next.next === 'call') {
    const { model, provider, layer, reason } = next.candidate;
    return { decision: 'call', model, provider, layer, reason, requested, skipped };
  }
  const decision = next.next === 'ran' ? 'fail' : next.next;
  const reason = next.next === 'ran' ? 'run.aborted' : next.because;
  return { decision, model: null, provider: null, layer: null, reason, requested, skipped };
}

export function toModelOptions(
  found: { readonly rows: StoredRows; readonly models: readonly (StoredModel & { readonly name: string })[] },
  dataClass: string | null,
): ModelOptions {
  const { assigned, byDefault, policy } = toPlanRows(found.rows);
  const classes = classesOf(policy, { dataClass });
  const { model, layer, reason } = toResolution(found.rows, dataClass);
  return {
    assigned: assigned?.model ?? null,
    default: byDefault?.model ?? null,
    effective: { model, layer, reason },
    options: found.models.map((stored) => {
      const row = toModelRow(stored, found.rows.approvals);
      const unusable = readinessRefusal(row);
      return {
        model: row.model,
        name: stored.name,
        vendor: row.vendor,
        provider: row.provider,
        group: row.ofPlatform ? 'platform' : 'organization',
        selectable: unusable === null,
        why: unusable ?? boundaryRefusal(row, policy, classes),
      };
    }),
  };
}

function asked(dataClass: string | null): PlanQuestion {
  return { dataClass, hops: 0, tried: [], refused: [], roundMs: 0, order: null };
}
