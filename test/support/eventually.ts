import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is true, looking often; throws after ten seconds. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > untilMs) throw new Error(`Not true within ${withinMs} ms.`);
    await sleep(20);
  }
}
