import type { Reason } from '../../contract/index.ts';
import type { ModelRow, PlanQuestion, PolicyRow } from './rows.ts';

/** The classes a run's data has: its own and those of the rules, united; the organization's word for none at all. */
export function classesOf(policy: PolicyRow, question: Pick<PlanQuestion, 'dataClass'>): readonly string[] {
  const own = question.dataClass === null ? [] : [question.dataClass];
  const united = [...new Set([...own, ...policy.classes])];
  return united.length === 0 && policy.unclassified !== null ? [policy.unclassified] : united;
}

/**
 * Why this model may not be called for this data now, or null. Asked twice with fresh rows: when a hop is planned, and
 * right before its call is made.
 */
export function permit(row: ModelRow, policy: PolicyRow, classes: readonly string[]): Reason | null {
  return boundaryRefusal(row, policy, classes) ?? readinessRefusal(row);
}

/** Where data may not go: what nobody below an organization's admin can change. */
export function boundaryRefusal(row: ModelRow, policy: PolicyRow, classes: readonly string[]): Reason | null {
  const missing = classes.find((one) => !row.approvedFor.includes(one));
  if (missing !== undefined) return `not-approved-for:${missing}`;
  const name = row.ofPlatform ? 'platform' : row.provider;
  return policy.providers === null || policy.providers.includes(name) ? null : 'provider-not-allowed';
}

/** Disabled and unusable models: a failure of that model, and never the same as having none. */
export function readinessRefusal(row: ModelRow): Reason | null {
  if (!row.modelEnabled) return 'model-disabled';
  if (!row.providerEnabled) return 'provider-disabled';
  if (row.credential === 'missing') return 'credential-missing';
  return row.credential === 'revoked' ? 'credential-revoked' : null;
}

/** Whether a reason is a boundary: then the run was forbidden to go on, and did not merely find nobody. */
export function isBoundary(reason: Reason): boolean {
  return reason.startsWith('not-approved-for:') || reason === 'provider-not-allowed';
}
