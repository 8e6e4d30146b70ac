import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../contract/index.ts';

/** A permanent fault of an action: trying again would not help. */
export function refuse(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `The action was refused: ${why}.`,
    'action.failed' satisfies FailureType,
  );
}

/** The action was taken back in the meantime: whoever still wants it is late. */
export function refuseUndone(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'The action was taken back after this was requested.',
    'action.undone' satisfies FailureType,
  );
}
