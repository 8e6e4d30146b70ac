import { createOrganizationSlots } from '../../activities/organization-slots.ts';
import { createGate } from '../faults/gate.ts';

const busy = { type: 'worker.busy' };

test('an organization is let in up to its share, and refused above it without being made to wait', async () => {
  const slots = createOrganizationSlots(2);
  const { opened, open } = createGate();
  const held = [slots.within('acme', () => opened), slots.within('acme', () => opened)];
  let began = false;
  await expect(slots.within('acme', async () => (began = true))).rejects.toMatchObject(busy);
  expect(began).toBe(false);
  open();
  await Promise.all(held);
});

test('what one organization holds takes nothing from another', async () => {
  const slots = createOrganizationSlots(1);
  const { opened, open } = createGate();
  const held = slots.within('acme', () => opened);
  expect(await slots.within('other', async () => 'served')).toBe('served');
  open();
  await held;
});

test.each([
  ['ended well', () => Promise.resolve()],
  ['failed', () => Promise.reject(new Error('failed'))],
])('a place is free again once the work in it has %s', async (_, work) => {
  const slots = createOrganizationSlots(1);
  await slots.within('acme', work).catch(() => {});
  expect(await slots.within('acme', async () => 'served')).toBe('served');
});

test('a refusal frees no place that somebody else holds', async () => {
  const slots = createOrganizationSlots(1);
  const { opened, open } = createGate();
  const held = slots.within('acme', () => opened);
  for (const _ of [1, 2, 3]) await expect(slots.within('acme', async () => {})).rejects.toMatchObject(busy);
  open();
  await held;
});
