import { testStages } from '../../contract/index.ts';
import type { Failure, FailureType, TestStage, TestStageName } from '../../contract/index.ts';

/** How one stage went: how long it took, and what it failed with. */
export interface StageResult {
  readonly ms: number | null;
  readonly failure: FailureType | null;
}

export type StageResults = ReadonlyMap<TestStageName, StageResult>;

/** Everything that is known, in order. What nothing is known of was skipped, and so was all after a failure. */
export function toStages(results: StageResults): readonly TestStage[] {
  let failed = false;
  return testStages.map((stage) => {
    const result = failed ? undefined : results.get(stage);
    if (result === undefined) return { stage, status: 'skipped', ms: null, failure: null };
    failed = result.failure !== null;
    return { stage, status: failed ? 'failed' : 'passed', ...result };
  });
}

/** An address that may not be reached looks the same wherever it is: no time tells what was found there. */
export const blockedStages: readonly TestStage[] = toStages(
  new Map([['address', { ms: null, failure: 'model.misconfigured' }]]),
);

export interface Placed {
  readonly stage: TestStageName;
  /** Does the failure show that the vendor took the credential? */
  readonly authorized: boolean;
}

/** Failures by which a vendor says something of the model or the request: it has looked at the credential before. */
const afterAuth: readonly FailureType[] = [
  'model.not-found',
  'model.quota-exhausted',
  'model.rate-limited',
  'model.rejected',
  'model.context-too-long',
  'model.content-filtered',
  'model.invalid-answer',
];

/** At which stage a call failed. A redirect is no vendor's answer: the address is not where the vendor is. */
export function placeFailure({ type, hints }: Failure): Placed {
  const { httpStatus = 0 } = hints;
  if (type === 'model.misconfigured' && httpStatus >= 300 && httpStatus < 400)
    return { stage: 'tls', authorized: false };
  switch (type) {
    case 'model.unreachable':
      return { stage: 'tls', authorized: false };
    case 'model.unauthorized':
    case 'model.forbidden':
    case 'model.misconfigured':
      return { stage: 'auth', authorized: false };
    default:
      return { stage: 'model', authorized: afterAuth.includes(type) };
  }
}
