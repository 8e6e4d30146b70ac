import { Failure } from '../contract/index.ts';
import { toFailure } from './errors/to-failure.ts';
import type { CallControl } from './vendor.ts';

/** The longest delay a timer takes; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/** What the reading of an answer tells the clock. */
export interface Watch {
  /** Aborted when a limit passes or the call is cancelled. */
  readonly signal: AbortSignal;
  /** The vendor answered with headers: from here on it has certainly seen the request. */
  answered(): void;
  /** Something of the answer itself came: the first one ends the wait for the first token, each one the silence. */
  progressed(): void;
  /** The answer is there, and no limit takes it away any more. Says how long one may still listen, milliseconds. */
  completed(): number;
}

/**
 * Runs one call under its three limits. Which limit passed decides the failure: a silent vendor (`firstTokenMs`,
 * `idleMs`) is not asked again, a slow one (`totalMs`) may be. A cancellation throws the reason of `control.signal` as
 * it is; everything else is thrown as a `Failure`. A call that cannot stream has no first token to wait for.
 */
export async function withinDeadlines<T>(
  control: Omit<CallControl, 'guard'>,
  streaming: boolean,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const { signal, limits } = control;
  signal.throwIfAborted();
  const abort = new AbortController();
  let [passed, sent]: [Limit | null, 'maybe' | 'yes'] = [null, 'maybe'];
  const pass = (limit: Limit): void => {
    passed ??= limit;
    abort.abort();
  };
  const cancel = (): void => abort.abort();
  signal.addEventListener('abort', cancel, { once: true });
  const beganMs = performance.now();
  const total = setTimeout(pass, clampMs(limits.totalMs), 'total');
  let silence = streaming ? setTimeout(pass, clampMs(limits.firstTokenMs), 'first-token') : null;
  let [begun, answered] = [false, false];

  const watch: Watch = {
    signal: abort.signal,
    answered: () => {
      sent = 'yes';
    },
    progressed: () => {
      control.onProgress();
      if (begun) return void silence?.refresh();
      begun = true;
      if (silence !== null) clearTimeout(silence);
      silence = setTimeout(pass, clampMs(limits.idleMs), 'idle');
    },
    completed: () => {
      clearTimeout(total);
      if (silence !== null) clearTimeout(silence);
      return Math.min(limits.idleMs, beganMs + limits.totalMs - performance.now());
    },
  };
  try {
    const answer = await Promise.race([work(watch), rejectOnAbort(abort.signal)]);
    answered = true;
    return answer;
  } catch (thrown) {
    // Before all else: what looks like a broken connection may be our own abort.
    signal.throwIfAborted();
    throw passed === null ? toFailure(thrown, sent) : timedOut(passed, sent);
  } finally {
    clearTimeout(total);
    if (silence !== null) clearTimeout(silence);
    signal.removeEventListener('abort', cancel);
    // Lets go of what a reading that was given up still holds open.
    if (!answered) abort.abort();
  }
}

type Limit = 'first-token' | 'idle' | 'total';

const words: Readonly<Record<Limit, string>> = {
  'first-token': 'The vendor said nothing within the limit for the first token.',
  idle: 'The vendor fell silent in the middle of its answer.',
  total: 'The vendor did not finish within the limit for the whole answer.',
};

function timedOut(limit: Limit, sent: 'maybe' | 'yes'): Failure {
  return new Failure('model.timed-out', words[limit], {
    sent,
    ...(limit === 'total' ? {} : { retry: false }),
  });
}

/** A transport that does not listen to its signal must not hold the call. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function clampMs(ms: number): number {
  return Math.min(Math.max(ms, 1), maxTimerMs);
}
