import type * as Sdk from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { Usage, VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { withinDeadlines } from './deadlines.ts';
import { defineVendor } from './define-vendor.ts';
import type { ErrorWords } from './errors/vendor-error.ts';
import { askedMode, jsonHeaders, sendOnce } from './exchange.ts';
import { loadSdk } from './load-sdk.ts';
import { baseUrl, secret } from './schemas.ts';
import type { Endpoint, Prompt, Reach } from './vendor.ts';
import { readAnswer } from './wire/read-answer.ts';
import {
  asCount,
  asList,
  asObject,
  asText,
  contentFiltered,
  heldObject,
  heldText,
  invalidAnswer,
  replyOf,
  type Json,
  type StreamReading,
  type Wire,
} from './wire/wire.ts';

const publicUrl = 'https://api.anthropic.com';

const settings = z.strictObject({ baseUrl: baseUrl.optional() });
const credential = z.strictObject({ apiKey: secret });

type Settings = z.infer<typeof settings>;
type Credential = z.infer<typeof credential>;

/** Anthropic's own service: the Messages API (docs.claude.com/en/api/messages). */
export const anthropic = defineVendor<Settings, Credential>({
  settings,
  credential,
  needsCredential: true,
  sdk: '@anthropic-ai/sdk',
  hosts: (provider) => [new URL(provider.baseUrl ?? publicUrl).origin],
  audience: (provider) => audienceOf('anthropic', provider.baseUrl ?? publicUrl),
  call,
});

function call(prompt: Prompt, endpoint: Endpoint<Settings, Credential>, reach: Reach): Promise<VendorReply> {
  const { streaming } = endpoint;
  return withinDeadlines(reach, streaming, async (watch) => {
    client ??= createClient(await loadSdk('@anthropic-ai/sdk', () => import('@anthropic-ai/sdk')));
    const parts = {
      reach: reach.fetch,
      watch,
      words,
      mode: askedMode(prompt),
      // Exactly ours: the package adds what `ANTHROPIC_CUSTOM_HEADERS` of the worker says.
      headers: {
        ...jsonHeaders,
        'anthropic-version': '2023-06-01',
        'x-api-key': endpoint.credential?.apiKey ?? '',
      },
    };
    const body = toBody(prompt, endpoint);
    const path = `${(endpoint.settings.baseUrl ?? publicUrl).replace(/\/$/, '')}/v1/messages`;
    const { url, req } = await client.buildRequest({ method: 'post', path, body });
    const response = await sendOnce(parts, url, { method: 'POST', body: req.body as string });
    return readAnswer(response, messages, streaming, watch);
  });
}

/** Shared by all calls, because it takes longer to make than a request: it knows neither an address nor a key. */
let client: Sdk.Anthropic | null = null;

function createClient({ Anthropic: Client }: typeof Sdk): Sdk.Anthropic {
  return new Client({
    // Each of these would otherwise be read from the worker's environment. Address and key come with each request.
    baseURL: 'https://in-the-path.invalid',
    apiKey: 'in-the-headers',
    authToken: null,
    webhookKey: null,
    logLevel: 'off',
    // It sends nothing itself.
    fetch: () => Promise.reject(new Error('never asked')),
  });
}

/** The Messages format knows no "any JSON": a tool that has to be called, and takes any object, stands in for it. */
const respond = {
  tools: [{ name: 'respond', description: 'Gives the answer.', input_schema: { type: 'object' } }],
  tool_choice: { type: 'tool', name: 'respond' },
};

function toBody(
  prompt: Prompt,
  { upstreamId, maxOutputTokens, streaming }: Endpoint<unknown, unknown>,
): Json {
  const { answer } = prompt;
  const mode = answer.kind === 'json' ? answer.mode : null;
  return {
    model: upstreamId,
    max_tokens: maxOutputTokens,
    ...(prompt.system === '' ? {} : { system: prompt.system }),
    messages: prompt.turns.map(({ by, text }) => ({
      role: by === 'user' ? 'user' : 'assistant',
      content: text,
    })),
    ...(answer.kind === 'json' && mode === 'json_schema'
      ? { output_config: { format: { type: 'json_schema', schema: answer.schema } } }
      : {}),
    ...(mode === 'json_object' ? respond : {}),
    ...(streaming ? { stream: true } : {}),
  };
}

/** docs.claude.com/en/api/errors; prose only where the code is the same for every fault of a request. */
const words: ErrorWords = {
  codes: [
    [/^authentication_error$/, 'model.unauthorized'],
    [/^billing_error$/, 'model.quota-exhausted'],
    [/^permission_error$/, 'model.forbidden'],
    [/^not_found_error$/, 'model.not-found'],
    [/^request_too_large$/, 'model.context-too-long'],
    [/^rate_limit_error$/, 'model.rate-limited'],
    [/^overloaded_error$/, 'model.overloaded'],
    [/^timeout_error$/, 'model.timed-out'],
  ],
  codesAlone: [
    [/^api_error$/, 'model.server-error'],
    [/^invalid_request_error$/, 'model.rejected'],
  ],
  prose: [
    [/credit balance is too low/, 'model.quota-exhausted'],
    [
      /prompt is too long|exceeds? (the )?context (window|limit)|input length and `?max_tokens/,
      'model.context-too-long',
    ],
    [/content filtering policy|usage polic(y|ies)/, 'model.content-filtered'],
  ],
  mode: /output_config|output_format|structured output|json_schema|tool_choice/,
};

const messages: Wire = { errors: words, readWhole, openStream };

function readWhole(answer: Json): VendorReply {
  const text = asList(answer['content'])
    .map((block) => asObject(block))
    .map((block) =>
      block?.['type'] === 'tool_use' ? JSON.stringify(block['input']) : asText(block?.['text']),
    )
    .join('');
  return toReply(text, asText(answer['stop_reason']), readUsage(asObject(answer['usage'])));
}

function openStream(): StreamReading {
  let [text, stop, ended] = ['', '', false];
  let usage: Json = {};
  return {
    take(event) {
      const type = asText(event['type']);
      if (type === 'message_start') usage = { ...usage, ...asObject(asObject(event['message'])?.['usage']) };
      if (type === 'message_delta') {
        usage = { ...usage, ...asObject(event['usage']) };
        stop = asText(asObject(event['delta'])?.['stop_reason']) || stop;
      }
      if (type === 'message_stop') ended = true;
      // `partial_json` is the input of a tool, in pieces; thoughts have names of their own.
      const delta = heldObject(event['delta']);
      text += heldText(delta?.['text']) + heldText(delta?.['partial_json']);
      return type === 'content_block_delta' || type === 'message_delta';
    },
    isComplete: () => ended,
    reply: () => toReply(text, stop, readUsage(usage)),
  };
}

/** `refusal` is said when the vendor's classifiers step in, and what came before is then to be dropped: a filter. */
function toReply(text: string, stop: string, usage: Usage | null): VendorReply {
  switch (stop) {
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
      return replyOf({ text, finish: 'stop', usage });
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return replyOf({ text, finish: 'length', usage });
    case 'refusal':
      throw contentFiltered(usage);
    default:
      throw invalidAnswer('The vendor ended its answer in a way that is none.');
  }
}

/** `input_tokens` leaves out what was read from and written to the cache; `output_tokens` has the thoughts in it. */
function readUsage(usage: Json | null): Usage | null {
  const read = asCount(usage?.['cache_read_input_tokens']);
  const input = asCount(usage?.['input_tokens']);
  const output = asCount(usage?.['output_tokens']);
  if (input === null && output === null) return null;
  const written = asCount(usage?.['cache_creation_input_tokens']) ?? 0;
  return {
    inputTokens: input === null ? null : input + (read ?? 0) + written,
    outputTokens: output,
    cachedInputTokens: read,
    reasoningTokens: asCount(asObject(usage?.['output_tokens_details'])?.['thinking_tokens']),
  };
}
