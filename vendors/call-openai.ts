import type * as Sdk from 'openai';
import type { VendorReply } from '../contract/index.ts';
import { withinDeadlines } from './deadlines.ts';
import { askedMode, jsonHeaders, sendOnce } from './exchange.ts';
import { loadSdk } from './load-sdk.ts';
import type { Endpoint, Prompt, Reach } from './vendor.ts';
import { readAnswer } from './wire/read-answer.ts';
import type { OpenaiWire } from './wire/wire.ts';

/** Where a call goes and in which format: all in which the vendors that the `openai` package can call differ. */
export interface OpenaiTarget {
  readonly baseUrl: string;
  readonly wire: OpenaiWire;
  /** All headers that identify the caller, with those an admin added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly query?: Readonly<Record<string, string>>;
}

/** One request that the `openai` package makes, sent through the guard and read by us. */
export function callOpenai(
  prompt: Prompt,
  endpoint: Endpoint<unknown, unknown>,
  reach: Reach,
  target: OpenaiTarget,
): Promise<VendorReply> {
  const { streaming } = endpoint;
  const { wire } = target;
  return withinDeadlines(reach, streaming, async (watch) => {
    client ??= createClient(await loadSdk('openai', () => import('openai')));
    const body = wire.toBody(prompt, {
      model: endpoint.upstreamId,
      maxOutputTokens: endpoint.maxOutputTokens,
      maxTokensField: endpoint.maxTokensField ?? target.maxTokensField,
      streaming,
    });
    const parts = {
      reach: reach.fetch,
      watch,
      words: wire.errors,
      mode: askedMode(prompt),
      // Exactly ours: the package adds what `OPENAI_CUSTOM_HEADERS` of the worker says to every tenant's call.
      headers: {
        ...jsonHeaders,
        ...target.headers,
      },
    };
    const { baseUrl, query } = target;
    const path = `${baseUrl.replace(/\/$/, '')}${wire.path}`;
    const { url, req } = await client.buildRequest({ method: 'post', path, query, body });
    const response = await sendOnce(parts, url, { method: 'POST', body: req.body as string });
    return readAnswer(response, wire, streaming, watch);
  });
}

/** Shared by all calls, because it takes longer to make than a request: it knows neither an address nor a key. */
let client: Sdk.OpenAI | null = null;

function createClient({ OpenAI: Client }: typeof Sdk): Sdk.OpenAI {
  return new Client({
    // Each of these would otherwise be read from the worker's environment. Address and key come with each request.
    baseURL: 'https://in-the-path.invalid',
    apiKey: 'in-the-headers',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    // It sends nothing itself.
    fetch: () => Promise.reject(new Error('never asked')),
  });
}
