import { createHash } from 'node:crypto';
import { serve, textRun, type Served } from '../support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.close());

const env = { ONE: 'sk-the-key-of-the-first-pipe', OTHER: 'sk-the-key-of-the-second-pipe' };
const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');

test('two providers of one vendor with two keys serve two pipes, and neither key is seen at the other', async () => {
  const text = `version: 1
organizations:
  acme:
    providers:
      openai-one: { vendor: openai, settings: { baseUrl: '\${env:VENDORS}/one/v1' }, credential: { apiKey: '\${env:ONE}' } }
      openai-other: { vendor: openai, settings: { baseUrl: '\${env:VENDORS}/other/v1' }, credential: { apiKey: '\${env:OTHER}' } }
    models:
      one: { provider: openai-one, upstreamId: gpt-4o-mini }
      other: { provider: openai-other, upstreamId: gpt-4o-mini }
    assignments: { first: { b1: one }, second: { b1: other } }
`;
  await served.apply(text, env);
  const runs = Array.from({ length: 20 }, (_, index) => ({
    ...textRun('acme'),
    pipe: index % 2 === 0 ? 'first' : 'second',
  }));
  const ended = await Promise.all(runs.map((run) => served.run(run)));
  expect(ended.map(({ answeredBy }) => answeredBy?.provider)).toEqual(
    runs.map(({ pipe }) => (pipe === 'first' ? 'openai-one' : 'openai-other')),
  );
  for (const [route, key] of [
    ['one', env.ONE],
    ['other', env.OTHER],
  ] as const) {
    const seen = served.vendors.callsTo(route).map(({ authorization }) => authorization);
    expect([seen.length, new Set(seen)]).toEqual([10, new Set([digestOf(key)])]);
  }
});
