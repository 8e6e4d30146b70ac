import type { Knex } from 'knex';
import { completeOutcome } from '../../contract/index.ts';
import type { NextHop } from '../../contract/index.ts';
import { defaultBudget } from '../policy/budget.ts';
import { planCandidates } from '../policy/plan-candidates.ts';
import type { Question } from '../registry.ts';
import { toPlanRows } from '../rows.ts';
import type { StoredOutcome, StoredRows } from '../rows.ts';
import { askPostgres } from './ask-postgres.ts';

type Resolved = { readonly rows: StoredRows } | { readonly ran: StoredOutcome };

export async function resolve(database: Knex, question: Question): Promise<NextHop> {
  const { org, pipe, behavior, workflowId, runId, firstRunId, round } = question;
  const wanted = question.order?.model ?? null;
  const asked = { org, pipe, behavior, workflowId, runId, firstRunId, round, wanted };
  const resolved = await askPostgres<Resolved>(database, 'resolve', asked);
  if ('rows' in resolved) return planCandidates(toPlanRows(resolved.rows), question);
  const { draft, sums } = resolved.ran;
  return {
    next: 'ran',
    outcome: completeOutcome(draft, sums),
    requested: draft.requested,
    skipped: draft.skipped,
    actionDeadlineMs: defaultBudget.actionDeadlineMs,
  };
}
