import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  ServerFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { Failure, failures } from '../../contract/index.ts';
import type { FailureType } from '../../contract/index.ts';
import { planCandidates } from '../../registry/index.ts';
import { failureOf, throwRefused } from '../../workflows/durable/failure-of.ts';
import { modelRow, planQuestion, planRows, policyRow } from '../support/policy-rows.ts';

/** What a workflow is thrown when an activity ended with `cause`. */
const ended = (cause?: Error): ActivityFailure =>
  new ActivityFailure(
    'the activity failed',
    'invokeModel',
    'a',
    RetryState.NON_RETRYABLE_FAILURE,
    'worker',
    cause,
  );
const timedOut = (type: TimeoutType, cause?: Error): TimeoutFailure => {
  const failure = new TimeoutFailure('time-out', undefined, type);
  if (cause !== undefined) Object.defineProperty(failure, 'cause', { value: cause });
  return failure;
};
const typed = (type: string, details: unknown[] = []): ApplicationFailure =>
  ApplicationFailure.create({ type, nonRetryable: true, details });

const timeOuts = Object.values(TimeoutType).filter((one) => typeof one === 'string');

/** Every way in which an activity can end without a failure that is the model's own. */
const blameless: readonly (readonly [string, ActivityFailure, FailureType])[] = [
  ...timeOuts.map((type) => [`a bare ${type} time-out`, ended(timedOut(type)), 'worker.lost'] as const),
  ...timeOuts.map(
    (type) =>
      [
        `a ${type} time-out after a heartbeat time-out`,
        ended(timedOut(type, timedOut('HEARTBEAT'))),
        'worker.lost',
      ] as const,
  ),
  [
    'a time-out after a lost registry',
    ended(timedOut('SCHEDULE_TO_CLOSE', typed('registry.unavailable'))),
    'worker.lost',
  ],
  [
    'a time-out after a busy worker',
    ended(timedOut('SCHEDULE_TO_CLOSE', typed('worker.busy'))),
    'worker.lost',
  ],
  ['a time-out after a bug of ours', ended(timedOut('SCHEDULE_TO_CLOSE', typed('TypeError'))), 'worker.lost'],
  [
    'a time-out after a cancelled try',
    ended(timedOut('SCHEDULE_TO_CLOSE', new CancelledFailure('paused'))),
    'worker.lost',
  ],
  [
    'a time-out after a refused hop',
    ended(timedOut('SCHEDULE_TO_CLOSE', typed('hop.refused'))),
    'worker.lost',
  ],
  ['a shutdown of the worker', ended(typed('WorkerShutdown')), 'worker.lost'],
  [
    'a pause of the activity',
    ended(new ApplicationFailure('Activity paused', 'ActivityPause')),
    'worker.lost',
  ],
  [
    'a reset of the activity',
    ended(new ApplicationFailure('Activity reset', 'ActivityReset')),
    'worker.lost',
  ],
  ['an activity that no worker knows', ended(typed('NotFoundError')), 'worker.lost'],
  ['details of a heartbeat that could not be read', ended(typed('CancelledFailure')), 'worker.lost'],
  ['an answer that could not be encoded', ended(typed('PayloadConverterError')), 'worker.lost'],
  ['an error without a type', ended(new ApplicationFailure('what happened?')), 'worker.lost'],
  ['a word that only looks like ours', ended(typed('model.')), 'worker.lost'],
  ["a name of JavaScript's objects", ended(typed('constructor')), 'worker.lost'],
  ['a failure of the server', ended(new ServerFailure('internal', true)), 'worker.lost'],
  ['a termination', ended(new TerminatedFailure('terminated')), 'worker.lost'],
  [
    'a failure of a child workflow',
    ended(
      new ChildWorkflowFailure(
        'default',
        { workflowId: 'w', runId: 'r' },
        'child',
        RetryState.TIMEOUT,
        typed('model.forbidden'),
      ),
    ),
    'worker.lost',
  ],
  ['no cause at all', ended(), 'worker.lost'],
  ['a worker that says it is lost', ended(typed('worker.lost')), 'worker.lost'],
  ['a worker that says it is busy', ended(typed('worker.busy')), 'worker.busy'],
  ['a registry that does not answer', ended(typed('registry.unavailable')), 'registry.unavailable'],
];

describe('an activity that ends without a failure of the model', () => {
  test.each(blameless)('%s blames nobody', (_, error, expected) => {
    const { failure } = failureOf(error);
    expect(failure).toBe(expected);
    expect(failures[failure].fallback).toBe('again');
  });

  test.each(blameless)('after %s the same model is asked again, as the same hop', (_, error) => {
    const tried = [{ hop: 1, model: 'assigned', failure: failureOf(error).failure }];
    const rows = planRows({ policy: policyRow({ onFailure: 'cascade' }), assigned: modelRow('assigned') });
    expect(planCandidates(rows, planQuestion({ tried, hops: 1 }))).toMatchObject({
      next: 'call',
      hop: 1,
      candidate: { model: 'assigned', reason: 'assigned' },
    });
  });
});

const ofModels = (Object.keys(failures) as FailureType[]).filter((type) => type.startsWith('model.'));

describe('a failure of the model', () => {
  test.each(ofModels)('%s counts, with the calls and tokens that it cost', (type) => {
    const usage = { inputTokens: 3, outputTokens: 1, cachedInputTokens: null, reasoningTokens: null };
    expect(failureOf(ended(typed(type, [{ calls: 2, usage }])))).toEqual({ failure: type, calls: 2, usage });
  });

  test.each(ofModels)('%s counts also as the last word before a time-out', (type) => {
    for (const timeOut of timeOuts)
      expect(failureOf(ended(timedOut(timeOut, typed(type))))).toEqual({
        failure: type,
        calls: 0,
        usage: null,
      });
  });

  test.each(ofModels)('after %s the model is not asked again', (type) => {
    const tried = [{ hop: 1, model: 'assigned', failure: failureOf(ended(typed(type))).failure }];
    const next = planCandidates(planRows(), planQuestion({ tried, hops: 1 }));
    expect(next.next === 'call' ? next.candidate.model : 'nobody').not.toBe('assigned');
  });
});

describe('what is no answer about a call', () => {
  test.each([
    ['a cancellation of the run', ended(new CancelledFailure('cancelled'))],
    ['a cancellation outside of an activity', new CancelledFailure('cancelled')],
    ['a bug of the workflow', new TypeError('undefined is not a function')],
  ])('%s is thrown on', (_, error) => {
    expect(() => failureOf(error)).toThrow(error);
  });

  test.each(['run.invalid', 'run.too-large', 'run.unsigned', 'run.aborted'])(
    '%s ends the run, whoever was called',
    (type) => {
      expect(() => throwRefused(ended(typed(type)))).toThrow(Failure);
      expect(() => throwRefused(ended(timedOut('SCHEDULE_TO_CLOSE')))).not.toThrow();
    },
  );
});
