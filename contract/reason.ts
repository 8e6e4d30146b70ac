import type { FailureType } from './failure.ts';

/** The reasons that stand alone. */
export const reasons = [
  'assigned',
  'not-assigned',
  'no-default',
  'nothing-configured',
  'model-disabled',
  'provider-disabled',
  'credential-missing',
  'credential-revoked',
  'breaker-open',
  'already-tried',
  'provider-not-allowed',
  'on-failure-none',
  'window-not-larger',
  'no-price',
  'truncated',
] as const;

/**
 * Why a model was called or passed over: a closed list. `after:<failure>` for a model that follows a failed one; a
 * model that follows a skipped one carries that one's reason.
 */
export type Reason =
  | (typeof reasons)[number]
  | `not-approved-for:${string}`
  | `ordered-by:${string}`
  | `after:${FailureType}`;
