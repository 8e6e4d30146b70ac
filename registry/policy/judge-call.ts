import type { Candidate, SkippedHop } from '../../contract/index.ts';
import { callsOf, ceilingOf } from './budget.ts';
import { classesOf, permit } from './permit.ts';
import { hopsToCome } from './plan-candidates.ts';
import type { PlanQuestion, PlanRows } from './rows.ts';

export type Judgement =
  | { readonly verdict: 'permitted'; readonly ceiling: number }
  | { readonly verdict: 'refused'; readonly refusal: SkippedHop }
  | { readonly verdict: 'exhausted' };

/**
 * May this call be made now? Asked in `begin`, on the rows of that moment, with the same functions as the plan.
 * `rows.ordered` is the candidate's own row, whoever would be planned now: a reassignment takes effect at the next hop,
 * a withdrawn approval at once. `rows.counts` include the call that is about to be made. A failed look-up denies.
 */
export function judgeCall(
  rows: PlanRows,
  question: Omit<PlanQuestion, 'hops'>,
  candidate: Candidate,
): Judgement {
  const { policy, counts, ordered } = rows;
  const refuse = (reason: SkippedHop['reason']): Judgement => ({
    verdict: 'refused',
    refusal: { layer: candidate.layer, model: candidate.model, reason },
  });
  if (ordered === null || ordered.model !== candidate.model) return refuse('model-disabled');
  const reason = permit(ordered, policy, classesOf(policy, question));
  if (reason !== null) return refuse(reason);

  const ceiling = ceilingOf(policy.budget, hopsToCome(candidate.model, rows, question));
  const spent =
    counts.round > ceiling ||
    callsOf(counts, candidate.model) > policy.budget.callsPerModel ||
    question.roundMs >= policy.budget.roundMs;
  return spent ? { verdict: 'exhausted' } : { verdict: 'permitted', ceiling };
}
