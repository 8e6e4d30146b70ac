import { Problem } from './problem.ts';

/** The time that one request may take of us, whatever it is spent on. */
export interface TimeBudget {
  /** Throws `unavailable` once nothing is left. What was asked for is not waited for any longer, and can read `signal`. */
  spend<T>(work: () => Promise<T>): Promise<T>;
  /** Aborted with the budget's end. */
  readonly signal: AbortSignal;
}

/**
 * Each statement has a limit of its own, but a request makes several, and waits for a connection before the first: in a
 * slow outage the limits add up. Time between two spendings, such as a slow caller's body, is the caller's.
 */
export function createTimeBudget(limitMs: number): TimeBudget {
  const controller = new AbortController();
  let leftMs = limitMs;
  return {
    // Made when it is asked for: most requests read, and pass it to nobody.
    get signal() {
      return controller.signal;
    },
    async spend(work) {
      const startedMs = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const spent = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => {
            controller.abort();
            reject(late());
          },
          Math.max(0, leftMs),
        );
      });
      try {
        return await Promise.race([work(), spent]);
      } finally {
        clearTimeout(timer);
        leftMs -= performance.now() - startedMs;
      }
    },
  };
}

function late(): Problem {
  return new Problem('unavailable', 'The registry does not answer. Try again.', {
    headers: { 'retry-after': '1' },
  });
}
