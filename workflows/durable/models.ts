import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Activities } from '../../contract/index.ts';
import type { DurableSteps } from '../run/durable-steps.ts';
import { callSummary } from '../run/labels.ts';
import { callOptions } from '../run/requests.ts';
import { failureOf, throwRefused } from './failure-of.ts';

const quick = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2s',
  scheduleToCloseTimeout: '6s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});

/** The same functions where an operator can see them wait: an outage of Postgres is a pending activity, not a fallback. */
const patient = proxyActivities<Activities>({ startToCloseTimeout: '5s', retry: { maximumInterval: '30s' } });

const calls = proxyActivities<Activities>({ startToCloseTimeout: '10m' });

/** `resolveModel`, `invokeModel` and `recordOutcome`, on our own workers. */
export function modelSteps(): Pick<DurableSteps, 'resolve' | 'invoke' | 'record'> {
  return {
    resolve: (question) =>
      quickThenPatient(
        () => quick.resolveModel(question),
        () =>
          patient.resolveModel.executeWithOptions({ summary: 'the registry does not answer yet' }, [
            question,
          ]),
      ),

    async invoke(call, limits) {
      const options = { summary: callSummary(call.candidate), ...callOptions(limits) };
      try {
        return { ok: true, ...(await calls.invokeModel.executeWithOptions(options, [call])) };
      } catch (error) {
        throwRefused(error);
        return { ok: false, ...failureOf(error) };
      }
    },

    record: (record) =>
      CancellationScope.nonCancellable(() =>
        quickThenPatient(
          () => quick.recordOutcome(record),
          () =>
            patient.recordOutcome.executeWithOptions({ summary: 'the outcome is not recorded yet' }, [
              record,
            ]),
        ),
      ),
  };
}

async function quickThenPatient<T>(quickly: () => Promise<T>, patiently: () => Promise<T>): Promise<T> {
  try {
    return await quickly();
  } catch (error) {
    if (isCancellation(error)) throw error;
    throwRefused(error);
  }
  try {
    return await patiently();
  } catch (error) {
    throwRefused(error);
    throw error;
  }
}
