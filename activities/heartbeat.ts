import { cancellationSignal, heartbeat } from '@temporalio/activity';

/** Well below any heartbeat time-out; the plugin sets Temporal's own throttle to the same. */
export const beatMs = 500;

/** Beats while `work` is under way: only so does a cancellation reach it, and a lost worker show. */
export async function whileBeating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), beatMs);
  try {
    return await work(cancellationSignal());
  } finally {
    clearInterval(timer);
  }
}
