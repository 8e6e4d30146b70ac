import { log } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { Failure, failures } from '../contract/index.ts';
import type { FailureFacts, SkippedHop } from '../contract/index.ts';
import { retryDelayMs } from '../registry/index.ts';
import type { HopStanding } from '../registry/index.ts';

/** What an activity has found out by the time it fails. */
export interface Progress {
  readonly facts: FailureFacts;
  /** Null where no call was begun: then only our own side can be at fault. */
  readonly standing: HopStanding | null;
  /** The activity's attempt, from 1. */
  readonly attempt: number;
}

/** A planned hop that was refused when its call was to begin. */
export class HopRefused extends Failure {
  readonly refusal: SkippedHop;

  constructor(refusal: SkippedHop) {
    super('hop.refused', `The call was refused: ${refusal.reason}.`);
    this.refusal = refusal;
  }
}

/**
 * A failure in Temporal's words: its type, whether and when the same model is asked again, and typed facts. Nothing of
 * the vendor's and no cause comes along. A cancellation passes as it is. What is none of our words is our own bug: it
 * blames no model, so nobody else is asked because of it.
 */
export function toFailure(error: unknown, { facts, standing, attempt }: Progress): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const failure = error instanceof Failure ? error : ownBug(error);
  const { type, message, hints } = failure;
  const ofModel = type.startsWith('model.');
  const delayMs = ofModel
    ? standing && retryDelayMs(type, hints, standing)
    : failures[type].retry === 'no'
      ? null
      : (hints.retryAfterMs ?? ownDelayMs(attempt));
  const typed = ApplicationFailure.create({
    type,
    message,
    nonRetryable: delayMs === null,
    details: [failure instanceof HopRefused ? { ...facts, refused: failure.refusal } : facts],
    ...(delayMs === null ? {} : { nextRetryDelay: delayMs }),
    ...(type === 'worker.busy' ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
  typed.stack = ''; // Paths of a worker's machine tell an operator nothing, and histories keep every byte.
  return typed;
}

/** Logged by where it happened: its message may hold a piece of a prompt. */
function ownBug(error: unknown): Failure {
  const { name, stack = '' } = error instanceof Error ? error : new Error();
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  log.error('An activity of pipe-byom has a bug.', { error: name, frames: frames.slice(0, 5) });
  return new Failure('worker.lost', 'The worker failed.');
}

/** Our own side: soon at first, then every few seconds, never all at the same moment. */
function ownDelayMs(attempt: number): number {
  return Math.ceil(Math.min(5_000, 100 * 2 ** Math.min(attempt, 8)) * (0.5 + Math.random()));
}
