import { createAttention, type Attention } from '../../activities/attention.ts';

const refused: Attention = {
  org: 'acme',
  provider: 'main',
  model: 'light',
  vendor: 'openai',
  failure: 'model.unauthorized',
};

test('the fault of a provider is told once an hour, however many runs meet it', () => {
  const told: Attention[] = [];
  let now = 0;
  const attention = createAttention(
    (one) => told.push(one),
    () => now,
  );
  for (let run = 0; run < 50; run += 1) attention(refused);
  expect(told).toEqual([refused]);
  attention({ ...refused, org: 'globex' });
  attention({ ...refused, failure: 'model.quota-exhausted' });
  expect(told).toHaveLength(3);
  now = 60 * 60 * 1000;
  attention(refused);
  expect(told).toHaveLength(4);
});

test('what passes by itself is told to nobody', () => {
  const told: Attention[] = [];
  const attention = createAttention((one) => told.push(one));
  for (const failure of [
    'model.overloaded',
    'model.rate-limited',
    'model.timed-out',
    'model.invalid-answer',
  ] as const) {
    attention({ ...refused, failure });
  }
  expect(told).toEqual([]);
});
