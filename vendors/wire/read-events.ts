import type { VendorReply } from '../../contract/index.ts';
import type { Watch } from '../deadlines.ts';
import { invalidAnswer, type Json, type StreamReading } from './wire.ts';

/** How long we listen after the end of an answer was said, milliseconds: for usage, and to keep the connection. */
const tailMs = 1_000;

/**
 * Reads events until the one that ends the answer; null is one to pass over. `letGo` is called when the rest is of no
 * interest any more. Throws `model.invalid-answer` where the events end first, and whatever `events` throws before that.
 */
export async function readEvents(
  events: AsyncIterator<Json | null>,
  reading: StreamReading,
  watch: Watch,
  letGo: () => unknown,
): Promise<VendorReply> {
  while (!reading.isComplete()) {
    const next = await events.next();
    if (next.done === true) throw invalidAnswer('The answer ended before its end was said.');
    if (next.value !== null && reading.take(next.value)) watch.progressed();
  }
  const restMs = Math.min(tailMs, watch.completed());
  const said = replyNow(reading);
  if (!(await readTail(events, reading, restMs))) void Promise.resolve(letGo()).catch(() => {});
  // What comes after the end may count tokens, but is no part of the answer.
  return said === null ? reading.reply() : { ...said, usage: replyNow(reading)?.usage ?? said.usage };
}

/** Null where the answer ended as a failure, which is thrown when its usage has come too. */
function replyNow(reading: StreamReading): VendorReply | null {
  try {
    return reading.reply();
  } catch {
    return null;
  }
}

/**
 * The answer is complete: whatever happens now, a silence or a broken connection, takes nothing of it away. Says whether
 * the events came to their end.
 */
async function readTail(
  events: AsyncIterator<Json | null>,
  reading: StreamReading,
  restMs: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, restMs, null);
  });
  try {
    for (;;) {
      const next = await Promise.race([events.next(), over]);
      if (next === null) return false;
      if (next.done === true) return true;
      if (next.value !== null) reading.take(next.value);
    }
  } catch (late) {
    void late;
    return false;
  } finally {
    clearTimeout(timer);
  }
}
