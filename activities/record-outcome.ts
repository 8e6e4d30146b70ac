import { activityInfo } from '@temporalio/activity';
import type { Activities } from '../contract/index.ts';
import type { Dependencies } from './dependencies.ts';
import { identify } from './identify.ts';
import { toFailure } from './to-failure.ts';

/** Writes a run's outcome down and completes it from the ledger. Never refused by policy: what happened, happened. */
export function createRecordOutcome({
  registry,
  runKeys,
  circuit,
  creditsOf,
}: Dependencies): Activities['recordOutcome'] {
  return async (request) => {
    const { attempt, isLocal } = activityInfo();
    try {
      const identity = identify(runKeys, request);
      const { draft, unsettled } = request;
      const credits = await creditsOf(identity, draft);
      return await circuit.around(isLocal, () =>
        registry.recordOutcome({ ...identity, draft, unsettled, credits }),
      );
    } catch (error) {
      throw toFailure(error, { facts: { calls: 0, usage: null }, standing: null, attempt });
    }
  };
}
