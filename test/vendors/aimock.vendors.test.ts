import { LLMock } from '@copilotkit/aimock';
import { openBench, type Bench } from './calling.ts';
import { dialects } from './dialects/all.ts';
import { jsonPrompt, prompt } from './dialects/dialect.ts';

/** `@copilotkit/aimock` plays the vendors as somebody else understands them: no line of what it says is of this project. */
let mock: LLMock;
let bench: Bench;
const text = 'Good mörning, 8.0 dead keys!';
const json = '{"summary":"dead keys"}';
beforeAll(async () => {
  mock = new LLMock({ port: 0, host: '127.0.0.1' });
  mock.onMessage('Write a text.', { content: text }).onMessage('Fill the form.', { content: json });
  [, bench] = await Promise.all([mock.start(), openBench()]);
});
afterEach(() => mock.clearRequests());
afterAll(() => Promise.all([mock.stop(), bench.close()]));

/** What it cannot play, by the beginning of the dialect's name. */
const missing: Readonly<Record<string, string>> = {
  'google-vertex-ai in express': 'it serves Vertex below a project only',
  'oracle-oci in GENERIC': "it does not speak Oracle's own format",
  "oracle-oci in Cohere's": "it does not speak Oracle's own format",
};

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
  'aimock as %s',
  (name, dialect) => {
    const ask = (words: string, streaming: boolean, answer = prompt.answer) =>
      bench.call(dialect, {
        settings: dialect.settings(mock.url),
        prompt: { ...prompt, turns: [...prompt.turns.slice(0, -1), { by: 'user', text: words }], answer },
        streaming,
      });
    const reason = Object.entries(missing).find(([start]) => name.startsWith(start))?.[1];
    const may = (what: string, body: () => Promise<void>): void =>
      reason === undefined ? test(what, body) : test.skip(`${what} (not here: ${reason})`, () => {});

    may('is read the same streamed and whole, each after one request', async () => {
      for (const streaming of [true, false]) {
        expect(await ask('Write a text.', streaming)).toMatchObject({ text, finish: 'stop' });
        expect(mock.getRequests()).toHaveLength(1);
        mock.clearRequests();
      }
    });

    may('hears the model, the system and both sides of the talk', async () => {
      await ask('Write a text.', false);
      // Its journal holds every request in one form, whatever format it came in.
      expect(mock.getLastRequest()?.body).toMatchObject({
        model: dialect.upstreamId ?? 'some-model',
        messages: [
          { role: 'system', content: 'You are a clerk.' },
          { role: 'user', content: 'planted prompt' },
          { role: 'assistant', content: '{' },
          { role: 'user', content: 'Write a text.' },
        ],
      });
    });

    may('answers a schema with its JSON', async () => {
      for (const streaming of [true, false]) {
        const answered = await ask('Fill the form.', streaming, jsonPrompt('json_schema').answer);
        expect(JSON.parse(answered.text)).toEqual(JSON.parse(json));
      }
    });
  },
);
