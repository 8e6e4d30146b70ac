import { activityInfo } from '@temporalio/activity';
import type { Activities } from '../contract/index.ts';
import type { Dependencies } from './dependencies.ts';
import { identify } from './identify.ts';
import { toFailure } from './to-failure.ts';

/** Asks the registry which model may be called next. An outage of Postgres is retried, and never a reason to fall back. */
export function createResolveModel({ registry, runKeys, circuit }: Dependencies): Activities['resolveModel'] {
  return async (request) => {
    const { attempt, isLocal } = activityInfo();
    try {
      const identity = identify(runKeys, request);
      const { hops, tried, refused, roundMs, waited, order } = request;
      return await circuit.around(isLocal, () =>
        registry.resolve({ ...identity, hops, tried, refused, roundMs, waited, order }),
      );
    } catch (error) {
      throw toFailure(error, { facts: { calls: 0, usage: null }, standing: null, attempt });
    }
  };
}
