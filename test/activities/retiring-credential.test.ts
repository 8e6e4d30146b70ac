import { mayTryRetiring, tryRetiring } from '../../activities/retiring-credential.ts';
import { Failure, failures, isFailureType } from '../../contract/index.ts';
import type { FailureType } from '../../contract/index.ts';
import { defaultBudget } from '../../registry/index.ts';
import type { BegunCall, OpenCall } from '../../registry/index.ts';

const refused = new Failure('model.unauthorized');

function openCall(over: Partial<OpenCall> = {}): OpenCall {
  return {
    kind: 'open',
    call: 1,
    vendor: 'amazon-bedrock',
    provider: { org: 'acme', provider: 'p', audience: 'a', externalId: 'e' },
    upstreamId: 'm',
    settings: {},
    openCredential: () => ({ apiKey: 'key' }),
    hasRetiring: true,
    supports: { structuredOutput: ['prompt'], streaming: true, maxTokensField: null },
    limits: { firstTokenMs: 1, idleMs: 1, totalMs: 1, maxOutputTokens: 1 },
    repairOf: null,
    hopMs: 0,
    counts: { round: 1, byModel: {} },
    ceiling: 5,
    budget: defaultBudget,
    ...over,
  };
}

const types = Object.keys(failures).filter(isFailureType);

/** What comes of a call with the retiring credential that ends like this. */
async function after(end: Failure): Promise<unknown> {
  const make = () => Promise.reject(end);
  return tryRetiring(refused, async () => openCall(), make).catch((error: unknown) => error);
}

test('the credential before is tried after a refusal of the new one, and after nothing else', () => {
  const tried = types.filter((type) => mayTryRetiring(new Failure(type), openCall()));
  expect(tried).toEqual(['model.unauthorized']);
  expect(mayTryRetiring(new Error('a bug'), openCall())).toBe(false);
});

test('nothing is tried where there is none before, and what a broker lends has none', () => {
  expect(mayTryRetiring(refused, openCall({ hasRetiring: false }))).toBe(false);
  for (const identity of [{ roleArn: 'arn:aws:iam::123456789012:role/a' }, { workload: true }])
    expect(mayTryRetiring(refused, openCall({ openCredential: () => identity }))).toBe(false);
});

test('a call that may not begin leaves the refusal of the new credential', async () => {
  const gone = { layer: 'behavior', model: 'm', reason: 'model-disabled' } as const;
  const begun: readonly BegunCall[] = [
    { kind: 'retired' },
    { kind: 'exhausted' },
    { kind: 'refused', refusal: gone },
  ];
  for (const one of begun) {
    const made = tryRetiring(
      refused,
      async () => one,
      () => Promise.reject(new Error('made')),
    );
    await expect(made).rejects.toBe(refused);
  }
});

/** Failures after which policy would not simply ask the next provider. */
const kept: readonly FailureType[] = [
  'model.context-too-long',
  'model.content-filtered',
  'registry.unavailable',
  'worker.lost',
  'worker.busy',
];

test('a failure of the provider leaves the refusal of the new credential, whatever its type', async () => {
  for (const type of types.filter((one) => failures[one].fallback === 'yes'))
    expect(await after(new Failure(type))).toBe(refused);
});

test('a refused prompt goes to nobody else because of a key, and our own side blames no provider', async () => {
  for (const type of kept) {
    const end = new Failure(type);
    expect(await after(end)).toBe(end);
  }
});

test('a refused mode is followed by the next one', async () => {
  const end = new Failure('model.rejected', 'refused', { refusedMode: true });
  expect(await after(end)).toBe(end);
});

test('whatever stopped the call otherwise passes', async () => {
  const stopped = new DOMException('CANCELLED', 'AbortError');
  await expect(
    tryRetiring(
      refused,
      async () => openCall(),
      () => Promise.reject(stopped),
    ),
  ).rejects.toBe(stopped);
});
