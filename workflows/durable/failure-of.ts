import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { Failure, isFailureType } from '../../contract/index.ts';
import type { FailureFacts, FailureType } from '../../contract/index.ts';

/**
 * What a failed call means. Only an activity that lived to say so, in one of our words, can blame the model, also when
 * its words come as the cause of a time-out. A bare time-out, a shutdown, a pause or a reset of the activity means that
 * our own worker was lost, busy or never there: none of these may send data to anybody else. A cancellation and a bug
 * are thrown on.
 */
export function failureOf(error: unknown): FailureFacts & { readonly failure: FailureType } {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return typed(cause) ?? lost;
  const last = cause instanceof TimeoutFailure ? cause.cause : undefined;
  const blamed = last instanceof ApplicationFailure ? typed(last) : null;
  return blamed !== null && blamed.failure.startsWith('model.') ? blamed : lost;
}

/** Throws what no other try can mend: the run should never have been started. */
export function throwRefused(error: unknown): void {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type) && cause.type.startsWith('run.'))
    throw new Failure(cause.type, cause.message);
}

const lost: FailureFacts & { readonly failure: FailureType } = {
  failure: 'worker.lost',
  calls: 0,
  usage: null,
};

function typed(cause: ApplicationFailure): (FailureFacts & { readonly failure: FailureType }) | null {
  if (!isFailureType(cause.type)) return null;
  const facts = cause.details?.[0] as Partial<FailureFacts> | undefined;
  return {
    failure: cause.type,
    calls: facts?.calls ?? 0,
    usage: facts?.usage ?? null,
    ...(facts?.refused === undefined ? {} : { refused: facts.refused }),
  };
}
