import { createOrganizationSlots } from '../../activities/organization-slots.ts';
import type { OrganizationSlots } from '../../activities/organization-slots.ts';
import type { Failure } from '../../contract/index.ts';
import { createGate } from '../faults/gate.ts';

const busy = { type: 'worker.busy' };
const served = async () => 'served';

/** After how many milliseconds whoever is refused now is to look again. */
async function refusedForMs(slots: OrganizationSlots, org: string, look = 1): Promise<number> {
  const refusal: unknown = await slots.within(org, look, served).catch((error: unknown) => error);
  expect(refusal).toMatchObject(busy);
  return (refusal as Failure).hints.retryAfterMs ?? Number.NaN;
}

/** Slots of which `acme` has taken all it may, at a time that stands still, without jitter unless given. */
function takenSlots({ share = 1, random = 0.5 } = {}) {
  const clock = { nowMs: 1_000 };
  const { opened, open } = createGate();
  const slots = createOrganizationSlots(
    share,
    () => clock.nowMs,
    () => random,
  );
  const held = Array.from({ length: share }, () => slots.within('acme', 1, () => opened));
  const letGo = async () => {
    open();
    await Promise.all(held);
  };
  return { slots, clock, letGo };
}

describe('the share of an organization', () => {
  test('is what it may hold at once: above it work is refused without having begun', async () => {
    const { slots } = takenSlots({ share: 2 });
    let began = false;
    await expect(slots.within('acme', 1, async () => (began = true))).rejects.toMatchObject(busy);
    expect(began).toBe(false);
  });

  test('takes nothing from another organization', async () => {
    const { slots } = takenSlots();
    expect(await slots.within('other', 1, served)).toBe('served');
  });

  test('is free again once work has ended, or failed', async () => {
    const { slots, letGo } = takenSlots();
    await letGo();
    await expect(slots.within('acme', 1, () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    expect(await slots.within('acme', 1, served)).toBe('served');
  });

  test('is not freed by those who are refused', async () => {
    const { slots } = takenSlots();
    for (const look of [1, 2, 3]) await refusedForMs(slots, 'acme', look);
    await expect(slots.within('acme', 4, served)).rejects.toMatchObject(busy);
  });
});

describe('those who are refused look again', () => {
  test('one after the other, not all at once', async () => {
    const { slots } = takenSlots();
    const looks = [];
    for (let waiting = 0; waiting < 4; waiting += 1) looks.push(await refusedForMs(slots, 'acme'));
    expect(looks).toEqual([20, 40, 60, 80]);
  });

  test('the longer apart the more often they have come', async () => {
    const apart = [];
    for (const look of [1, 2, 3, 7, 8, 100_000])
      apart.push(await refusedForMs(takenSlots().slots, 'acme', look));
    expect(apart).toEqual([20, 40, 80, 1_280, 1_280, 1_280]);
  });

  test('so that a thousand of them look no more than fifty times a second, and each within half a minute', async () => {
    const { slots, clock } = takenSlots();
    const due = Array.from({ length: 1_000 }, () => ({ atMs: 1_000, look: 1 }));
    let looks = 0;
    for (; clock.nowMs < 61_000; clock.nowMs += 10) {
      for (const one of due.filter(({ atMs }) => atMs <= clock.nowMs)) {
        const inMs = await refusedForMs(slots, 'acme', one.look);
        expect(inMs).toBeLessThanOrEqual(30_000);
        Object.assign(one, { atMs: clock.nowMs + inMs, look: one.look + 1 });
        looks += 1;
      }
    }
    // The thousand first ones, when they arrived together, are no looks that somebody waited for.
    expect(looks - 1_000).toBeLessThanOrEqual(60 * 50);
    expect(due.every(({ look }) => look > 2)).toBe(true);
  });

  test('as soon as ever when nobody has waited for a while', async () => {
    const { slots, clock } = takenSlots();
    for (let waiting = 0; waiting < 10; waiting += 1) await refusedForMs(slots, 'acme');
    clock.nowMs += 5_000;
    expect(await refusedForMs(slots, 'acme')).toBe(20);
  });

  test('not to the millisecond', async () => {
    expect(await refusedForMs(takenSlots({ random: 0 }).slots, 'acme', 7)).toBe(1_024);
    expect(await refusedForMs(takenSlots({ random: 0.999_999 }).slots, 'acme', 7)).toBe(1_536);
  });
});
