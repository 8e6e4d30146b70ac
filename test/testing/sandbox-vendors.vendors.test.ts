import { createHash } from 'node:crypto';
import { once } from 'node:events';
import OpenAI from 'openai';
import { startSandboxVendors } from '../../testing/index.ts';
import type { Fault, SandboxVendors } from '../../testing/index.ts';

let vendors: SandboxVendors;

beforeAll(async () => {
  vendors = await startSandboxVendors();
});
afterEach(() => vendors.reset());
afterAll(() => vendors.close());

const model = 'gpt-4o-mini';
const words = 'Tell me about the dead keys of this laptop';
const messages = [{ role: 'user' as const, content: words }];

function openai(route = 'openai-light', apiKey = 'sk-test-key-1234'): OpenAI {
  return new OpenAI({ baseURL: vendors.url(route), apiKey, maxRetries: 0, logLevel: 'off' });
}

/** The four ways to ask for a text: both formats, streamed and whole. */
const ways = {
  'chat, whole': async () => {
    const completion = await openai().chat.completions.create({ model, messages });
    const [choice] = completion.choices;
    return {
      text: choice?.message.content ?? '',
      finish: choice?.finish_reason,
      usage: completion.usage?.total_tokens,
    };
  },
  'chat, streamed': async () => {
    const stream = await openai().chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let [text, finish, usage] = ['', undefined as string | undefined, undefined as number | undefined];
    for await (const { choices, usage: counted } of stream) {
      text += choices[0]?.delta.content ?? '';
      finish = choices[0]?.finish_reason ?? finish;
      usage = counted?.total_tokens ?? usage;
    }
    return { text, finish, usage };
  },
  'responses, whole': async () => {
    const response = await openai().responses.create({ model, input: words, store: false });
    const finish = response.status === 'completed' ? 'stop' : response.incomplete_details?.reason;
    return { text: response.output_text, finish, usage: response.usage?.total_tokens };
  },
  'responses, streamed': async () => {
    const stream = await openai().responses.create({ model, input: words, store: false, stream: true });
    let [text, finish, usage] = ['', undefined as string | undefined, undefined as number | undefined];
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.completed' || event.type === 'response.incomplete') {
        finish = event.response.incomplete_details?.reason ?? 'stop';
        usage = event.response.usage?.total_tokens;
      }
    }
    return { text, finish, usage };
  },
};

type Way = keyof typeof ways;
const wayNames = Object.keys(ways) as Way[];
const streamed = wayNames.filter((way) => way.endsWith('streamed'));
const whole = wayNames.filter((way) => way.endsWith('whole'));

function ask(way: Way, fault?: Fault) {
  if (fault !== undefined) vendors.fault('openai-light', fault);
  return ways[way]();
}

describe.each(wayNames)('%s', (way) => {
  test('a healthy answer has sixty words of the prompt, an end and its tokens', async () => {
    const { text, finish, usage } = await ask(way);
    expect(text.split(' ')).toHaveLength(60);
    expect(text).toContain('the dead keys');
    expect(finish).toBe('stop');
    const [logged] = vendors.log;
    expect(usage).toBe((logged?.billed?.inputTokens ?? 0) + (logged?.billed?.outputTokens ?? 0));
    expect(logged).toMatchObject({
      number: 1,
      route: 'openai-light',
      status: 200,
      fault: null,
      disconnectedAtMs: null,
    });
    expect(logged?.streamed).toBe(way.endsWith('streamed'));
  });

  test.each([
    [401, 'invalid_api_key', OpenAI.AuthenticationError],
    [429, 'rate_limit_exceeded', OpenAI.RateLimitError],
    [503, 'server_is_overloaded', OpenAI.InternalServerError],
    [400, 'context_length_exceeded', OpenAI.BadRequestError],
  ])('status %i is the error the SDK knows, with its code', async (status, code, type) => {
    const failed = ask(way, { kind: 'status', status, code });
    await expect(failed).rejects.toBeInstanceOf(type);
    await expect(ask(way)).rejects.toMatchObject({ status, code });
    expect(vendors.log.map((entry) => [entry.status, entry.billed])).toEqual([
      [status, null],
      [status, null],
    ]);
  });

  test('a fault that happens once is over after the first call', async () => {
    await expect(ask(way, { kind: 'status', status: 500, times: 1 })).rejects.toMatchObject({ status: 500 });
    expect((await ask(way)).finish).toBe('stop');
  });

  test('a refused connection is reset before any byte', async () => {
    await expect(ask(way, { kind: 'refuse-connection' })).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    expect(vendors.log).toMatchObject([{ status: null, disconnectedAtMs: null }]);
  });

  test('silence lasts until the client goes away, and the log says when', async () => {
    vendors.fault('openai-light', { kind: 'silence' });
    await expect(impatient(way)).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    await until(() => vendors.log[0]?.disconnectedAtMs !== null);
    expect(vendors.log).toMatchObject([{ status: null, billed: null }]);
  });

  test('a slow first token comes after its time', async () => {
    const began = performance.now();
    expect((await ask(way, { kind: 'slow-first-token', ms: 80 })).finish).toBe('stop');
    expect(performance.now() - began).toBeGreaterThanOrEqual(79);
  });

  test('a stall pauses and goes on', async () => {
    const began = performance.now();
    const { text } = await ask(way, { kind: 'stall', afterTokens: 20, ms: 80 });
    expect(text.split(' ')).toHaveLength(60);
    expect(performance.now() - began).toBeGreaterThanOrEqual(79);
  });

  test.each<Fault>([
    { kind: 'cut', afterTokens: 40 },
    { kind: 'stall', afterTokens: 20, ms: 20, afterwards: 'cut' },
  ])('$kind breaks the connection in the middle', async (fault) => {
    await expect(ask(way, fault)).rejects.toThrow(/terminated|connection|aborted/i);
    expect(vendors.log[0]?.disconnectedAtMs).toBeNull();
  });

  test('a truncated answer ends for its length, with fewer words', async () => {
    const { text, finish } = await ask(way, { kind: 'truncated' });
    expect(text.split(' ').length).toBeLessThan(60);
    expect(['length', 'max_output_tokens']).toContain(finish);
  });

  test('a filtered answer says so', async () => {
    expect((await ask(way, { kind: 'content-filter' })).finish).toBe('content_filter');
  });

  test('an answer without choices has no text', async () => {
    expect((await ask(way, { kind: 'empty-choices' })).text).toBe('');
  });
});

test.each(streamed)('%s, cut after 40 tokens, has delivered 40 and bills 40', async (way) => {
  await expect(ask(way, { kind: 'cut', afterTokens: 40 })).rejects.toThrow();
  expect(vendors.log[0]?.billed?.outputTokens).toBe(40);
});

test.each(streamed)('%s can end cleanly without saying that it is complete', async (way) => {
  const { text, finish } = await ask(way, { kind: 'end-without-terminal' });
  expect(text.split(' ')).toHaveLength(60);
  expect(finish).toBeUndefined();
});

test('a chat stream without [DONE] is complete all the same', async () => {
  const { finish, usage } = await ask('chat, streamed', { kind: 'no-sentinel' });
  expect(finish).toBe('stop');
  expect(usage).toBeGreaterThan(0);
  expect(await rawStream({ kind: 'no-sentinel', times: 1 })).not.toContain('[DONE]');
  vendors.clear();
  expect(await rawStream()).toContain('[DONE]');
});

test('one event of a stream can be malformed while the rest is whole', async () => {
  const events = (await rawStream({ kind: 'garbage', form: 'event', at: 10 })).split('\n\n').filter(Boolean);
  const broken = events.filter((event) => !isJson(event.slice('data: '.length)) && event !== 'data: [DONE]');
  expect(broken).toHaveLength(1);
  // One event opens the stream, and nine tokens come before it.
  expect(events.indexOf(broken[0] ?? '')).toBe(10);
  expect(events.filter((event) => event.includes('"content":')).length).toBeGreaterThanOrEqual(60);
});

test.each([true, false])('an answer can be a page of HTML (streamed: %s)', async (stream) => {
  vendors.fault('openai-light', { kind: 'garbage', form: 'html' });
  const response = await post({ model, messages, stream });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await response.text()).toContain('<!doctype html>');
});

test.each(whole)('%s can be a body that is no JSON', async (way) => {
  await expect(ask(way, { kind: 'garbage', form: 'text' })).rejects.toThrow(/JSON|not valid/);
});

test('a huge answer is as large as asked for, streamed or whole', async () => {
  const bytes = 3 * 1024 * 1024;
  vendors.fault('openai-light', { kind: 'huge', bytes });
  for (const stream of [true, false]) {
    const response = await post({ model, messages, stream });
    expect((await response.text()).length).toBeGreaterThanOrEqual(bytes);
  }
});

test('a client that leaves a huge answer is noticed', async () => {
  vendors.fault('openai-light', { kind: 'huge' });
  const leaving = new AbortController();
  const response = await post({ model, messages, stream: true }, leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
  await until(() => vendors.log[0]?.disconnectedAtMs !== null);
});

test('a refusal is in its own place in each format', async () => {
  vendors.fault('openai-light', { kind: 'refusal' });
  const { choices } = await openai().chat.completions.create({ model, messages });
  expect(choices[0]?.message).toMatchObject({ content: null, refusal: 'I cannot help with that.' });
  const { output } = await openai().responses.create({ model, input: words });
  expect(output[0]).toMatchObject({ content: [{ type: 'refusal', refusal: 'I cannot help with that.' }] });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Paris'] }, days: { type: 'number' } },
    required: ['city', 'days'],
    additionalProperties: false,
  };
  const inChat = (type: 'json_schema' | 'json_object') =>
    openai().chat.completions.create({
      model,
      messages,
      response_format: type === 'json_object' ? { type } : { type, json_schema: { name: 'trip', schema } },
    });
  const inResponses = () =>
    openai().responses.create({
      model,
      input: words,
      text: { format: { type: 'json_schema', name: 'trip', schema, strict: true } },
    });

  test('any schema gets the simplest value that satisfies it', async () => {
    const { choices } = await inChat('json_schema');
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: 'Paris', days: 1 });
    expect(JSON.parse((await inResponses()).output_text)).toEqual({ city: 'Paris', days: 1 });
  });

  test('a refused mode is a 400 that names its parameter, and the other mode is served', async () => {
    vendors.fault('openai-light', { kind: 'refuse-mode', modes: ['json_schema'] });
    await expect(inChat('json_schema')).rejects.toMatchObject({ status: 400, param: 'response_format' });
    await expect(inResponses()).rejects.toMatchObject({ status: 400, param: 'text.format' });
    expect((await inChat('json_object')).choices).toHaveLength(1);
  });

  test('an invalid answer is JSON that lacks something, as often as asked', async () => {
    vendors.fault('openai-light', { kind: 'invalid-answer', times: 1 });
    const contents = [await inChat('json_schema'), await inChat('json_schema')].map(
      ({ choices }) => Object.keys(JSON.parse(choices[0]?.message.content ?? '')) as string[],
    );
    expect(contents).toEqual([['days'], ['city', 'days']]);
  });
});

test('a token limit below the answer cuts it', async () => {
  const { choices, usage } = await openai().chat.completions.create({
    model,
    messages,
    max_completion_tokens: 5,
  });
  expect(choices[0]?.finish_reason).toBe('length');
  expect(usage?.completion_tokens).toBe(5);
});

test('a route that requires a key answers 401 to any other, and the log holds hashes only', async () => {
  vendors.fault('finance', { kind: 'require-key', key: 'sk-finance' });
  const chat = (key: string) => openai('finance', key).chat.completions.create({ model, messages });
  await expect(chat('sk-wrong')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  await chat('sk-finance');
  const hashes = ['sk-wrong', 'sk-finance'].map((key) => createHash('sha256').update(key).digest('hex'));
  expect(vendors.callsTo('finance').map(({ authorization }) => authorization)).toEqual(hashes);
  expect(JSON.stringify(vendors.log)).not.toMatch(/sk-(wrong|finance)/);
});

test('routes do not share their faults or their calls', async () => {
  vendors.fault('one', { kind: 'status', status: 503 });
  await expect(openai('one').chat.completions.create({ model, messages })).rejects.toThrow();
  await openai('two').chat.completions.create({ model, messages });
  expect(vendors.callsTo('one').map(({ status }) => status)).toEqual([503]);
  expect(vendors.callsTo('two').map(({ status }) => status)).toEqual([200]);
  vendors.clear('one');
  await openai('one').chat.completions.create({ model, messages });
});

test('models are listed, fail with their route, and are no calls', async () => {
  const { data } = await openai().models.list();
  expect(data.map(({ id }) => id)).toContain('sandbox-small');
  expect((await openai().models.retrieve('gpt-4o-mini')).id).toBe('gpt-4o-mini');
  vendors.fault('openai-light', { kind: 'status', status: 503 });
  await expect(openai().models.list()).rejects.toMatchObject({ status: 503 });
  expect(vendors.callsTo('openai-light')).toEqual([]);
  expect(vendors.log).toHaveLength(3);
});

test.each(['seconds', 'date', 'milliseconds', 'ratelimit-reset'] as const)(
  'when to come back can be said as %s',
  async (form) => {
    vendors.fault('openai-light', { kind: 'status', status: 429, retryAfter: { ms: 2000, form } });
    const askedMs = Date.now();
    const { headers } = await post({ model, messages });
    const dateMs = Date.parse(headers.get('retry-after') ?? '');
    const said = {
      seconds: headers.get('retry-after') === '2',
      // A date has no milliseconds.
      date: dateMs > askedMs + 1_000 && dateMs <= Date.now() + 2_000,
      milliseconds: headers.get('retry-after-ms') === '2000',
      'ratelimit-reset': headers.get('x-ratelimit-reset-requests') === '2s',
    };
    expect(said[form]).toBe(true);
  },
);

test('a status can come with any headers and any body', async () => {
  vendors.fault('openai-light', {
    kind: 'status',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<p>Bad gateway',
  });
  const response = await post({ model, messages });
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    502,
    'text/html',
    '<p>Bad gateway',
  ]);
});

test('every answer says that it comes from a sandbox', async () => {
  const healthy = await post({ model, messages });
  vendors.fault('openai-light', { kind: 'status', status: 500 });
  const failed = await post({ model, messages });
  const unknown = await fetch(`${vendors.origin}/nothing`);
  for (const response of [healthy, failed, unknown]) expect(response.headers.get('x-byom-sandbox')).toBe('1');
});

test('what is no request of the format is refused, and an unknown path is not found', async () => {
  expect((await post('no json')).status).toBe(400);
  expect((await post({ model })).status).toBe(400);
  expect((await fetch(`${vendors.url('x')}/embeddings`, { method: 'POST' })).status).toBe(404);
});

test.each<[string, object | null, string]>([
  ['no kind', null, 'fault.kind: one of status, silence, '],
  ['a kind that is none', { kind: 'earthquake' }, 'fault.kind: one of status, silence, '],
  ['a field that is missing', { kind: 'status' }, 'fault.status: an HTTP status from 200 to 599.'],
  ['a status that is none', { kind: 'status', status: 42 }, 'fault.status: an HTTP status from 200 to 599.'],
  ['a field of another type', { kind: 'cut', afterTokens: 'four' }, 'fault.afterTokens: a number from 0.'],
  ['a field that is misspelt', { kind: 'silence', time: 1 }, 'fault.time: silence takes kind, times.'],
  [
    'a form that is none',
    { kind: 'status', status: 429, retryAfter: { ms: 1, form: 'soon' } },
    'fault.retryAfter: { ms, form }, with a number and one of seconds, date, ',
  ],
  ['a mode that is none', { kind: 'refuse-mode', modes: ['xml'] }, 'fault.modes: a list of json_schema, '],
])('a fault with %s is refused by its field', (_what, fault, message) => {
  expect(() => vendors.fault('openai-light', fault as unknown as Fault)).toThrow(message);
});

test.each(['', 'a/b', 'a b', '..', '__sandbox'])('%j is no route, wherever it is given', (route) => {
  for (const give of [
    () => vendors.url(route),
    () => vendors.endpoint(route),
    () => vendors.fault(route, { kind: 'silence' }),
    () => vendors.callsTo(route),
  ])
    expect(give).toThrow(/^route: letters, digits/);
});

test('another process asks for faults and reads the log over HTTP', async () => {
  const faults = `${vendors.origin}/__sandbox/faults`;
  const order = (fault: unknown) =>
    fetch(faults, { method: 'POST', body: JSON.stringify({ route: 'openai-light', fault }) });
  expect((await order({ kind: 'status', status: 503 })).status).toBe(204);
  expect((await post({ model, messages })).status).toBe(503);
  expect((await fetch(faults, { method: 'DELETE' })).status).toBe(204);
  expect((await post({ model, messages })).status).toBe(200);
  const refused = await order({ kind: 'cut', afterTokens: 'four' });
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { error: expect.stringContaining('fault.afterTokens: a number from 0.') },
  ]);
  const log: unknown = await (await fetch(`${vendors.origin}/__sandbox/log?route=openai-light`)).json();
  expect(log).toMatchObject([{ status: 503, body: { model } }, { status: 200 }]);
  expect(await (await fetch(`${vendors.origin}/__sandbox/log?route=other`)).json()).toEqual([]);
});

test('closing ends answers that are under way', async () => {
  const own = await startSandboxVendors({ tokenDelayMs: 10_000 });
  const response = await fetch(`${own.url('a')}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages, stream: true }),
  });
  const reading = response.text();
  await Promise.all([own.close(), expect(reading).rejects.toThrow()]);
});

test('tokens come at the pace that was asked for', async () => {
  const own = await startSandboxVendors({ tokenDelayMs: 2 });
  const began = performance.now();
  const client = new OpenAI({ baseURL: own.url('a'), apiKey: 'k', maxRetries: 0 });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  for await (const _chunk of stream);
  expect(performance.now() - began).toBeGreaterThanOrEqual(60 * 1.5);
  await own.close();
});

/** Asks and loses patience soon. */
function impatient(way: Way) {
  const options = { timeout: 60 };
  return way.startsWith('chat')
    ? openai().chat.completions.create({ model, messages, stream: way.endsWith('streamed') }, options)
    : openai().responses.create({ model, input: words, stream: way.endsWith('streamed') }, options);
}

function post(body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${vendors.url('openai-light')}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function rawStream(fault?: Fault): Promise<string> {
  if (fault !== undefined) vendors.fault('openai-light', fault);
  return (await post({ model, messages, stream: true })).text();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Waits for something that follows within one turn of the network; the test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  const beat = new EventTarget();
  while (!condition()) {
    setTimeout(() => beat.dispatchEvent(new Event('beat')), 2);
    await once(beat, 'beat');
  }
}
