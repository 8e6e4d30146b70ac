import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { openBench, type Bench } from './calling.ts';
import { anthropicDialect } from './dialects/anthropic.ts';
import { jsonPrompt } from './dialects/dialect.ts';
import { conforms } from './suite.ts';

conforms(anthropicDialect);

let [bench, vendors]: [Bench, SandboxVendors] = [undefined as never, undefined as never];
beforeAll(async () => {
  [bench, vendors] = await Promise.all([openBench(), startSandboxVendors()]);
});
afterAll(() => Promise.all([bench.close(), vendors.close()]));

it('sends its key in the header that Anthropic reads, and the version of the API', async () => {
  bench.server.play({ chunks: [anthropicDialect.whole({ words: ['ok'], end: 'stop', usage: false })] });
  await bench.call(anthropicDialect);
  expect(bench.server.requests[0]?.headers).toMatchObject({
    'x-api-key': 'sk-ant-planted-key',
    'anthropic-version': '2023-06-01',
  });
  expect(bench.server.requests[0]?.headers).not.toHaveProperty('authorization');
});

it.each(['json_schema', 'json_object', 'prompt'] as const)(
  'gets from the stand-in the same answer streamed and whole in mode %s',
  async (mode) => {
    const ask = (streaming: boolean) =>
      bench.call(anthropicDialect, {
        prompt: jsonPrompt(mode),
        settings: { baseUrl: vendors.endpoint('claude') },
        streaming,
      });
    const streamed = await ask(true);
    expect(streamed).toEqual(await ask(false));
    expect(streamed.usage?.inputTokens).toBeGreaterThan(0);
    expect(streamed.text).not.toBe('');
  },
);
