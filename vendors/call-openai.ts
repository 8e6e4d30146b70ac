import type { VendorReply } from '../contract/index.ts';
import { withinDeadlines } from './deadlines.ts';
import { askedMode, exchange } from './exchange.ts';
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

/**
 * One request through the `openai` package and the guard; the answer is read by us. The client is made anew for each call:
 * that takes some 10 µs, and no key outlives its call.
 */
export function callOpenai(
  prompt: Prompt,
  endpoint: Endpoint<unknown, unknown>,
  reach: Reach,
  target: OpenaiTarget,
): Promise<VendorReply> {
  const { streaming } = endpoint;
  const { wire } = target;
  return withinDeadlines(reach, streaming, async (watch) => {
    const { OpenAI } = await loadSdk('openai', () => import('openai'));
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
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'user-agent': 'pipe-byom',
        ...target.headers,
      },
    };
    const response = await exchange(parts, (fetch) =>
      new OpenAI({
        baseURL: target.baseUrl,
        // Each of these would otherwise be read from the worker's environment. The real key is in the headers above.
        apiKey: 'in-the-headers',
        adminAPIKey: null,
        organization: null,
        project: null,
        webhookSecret: null,
        logLevel: 'off',
        maxRetries: 0,
        timeout: 2 ** 31 - 1,
        fetch,
      })
        .post(wire.path, { body, query: target.query, signal: watch.signal })
        .asResponse(),
    );
    return readAnswer(response, wire, streaming, watch);
  });
}
