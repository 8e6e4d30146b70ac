import type { VendorReply } from '../contract/index.ts';
import { withinDeadlines, type Watch } from './deadlines.ts';
import { loadSdk } from './load-sdk.ts';
import { refusalToFailure, toFailure, type AskedMode } from './to-failure.ts';
import type { CallControl, Endpoint, Prompt } from './vendor.ts';
import { readAnswer } from './wire/read-answer.ts';
import type { Wire } from './wire/wire.ts';

/** Where a call goes and in which format: all in which the vendors that the `openai` package can call differ. */
export interface OpenaiTarget {
  readonly baseUrl: string;
  readonly wire: Wire;
  /** All headers that identify the caller, with those an admin added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
}

/**
 * One request through the `openai` package and the guard. The package makes the request; the answer is read by us, from
 * the raw response, because its own reader takes a cut stream for an answer and dies of one damaged event.
 * The client is made anew for each call: that takes some 10 µs, and no key outlives its call.
 */
export function callOpenai(
  prompt: Prompt,
  endpoint: Endpoint<unknown, unknown>,
  control: CallControl,
  target: OpenaiTarget,
): Promise<VendorReply> {
  const { streaming } = endpoint;
  return withinDeadlines(control, streaming, async (watch) => {
    const { OpenAI } = await loadSdk('openai', () => import('openai'));
    const client = new OpenAI({
      baseURL: target.baseUrl,
      // Each of these would otherwise be read from the worker's environment. The real key is in the headers below.
      apiKey: 'in-the-headers',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      logLevel: 'off',
      maxRetries: 0,
      timeout: 2 ** 31 - 1,
      fetch: carefulFetch(control, target, askedMode(prompt), watch),
    });
    const body = target.wire.toBody(prompt, {
      model: endpoint.upstreamId,
      maxOutputTokens: endpoint.maxOutputTokens,
      maxTokensField: endpoint.maxTokensField ?? target.maxTokensField,
      streaming,
    });
    const response = await client.post(target.wire.path, { body, signal: watch.signal }).asResponse();
    return readAnswer(response, target.wire, streaming, watch);
  });
}

/**
 * The `fetch` that the package is given. Headers are exactly ours: the package adds what `OPENAI_CUSTOM_HEADERS` of the
 * worker says to every tenant's call. Errors are read here, while status, headers and body are at hand; the package would
 * lose bodies that are not OpenAI's.
 */
function carefulFetch(
  control: CallControl,
  target: OpenaiTarget,
  mode: AskedMode,
  watch: Watch,
): typeof globalThis.fetch {
  const reach = control.guard.fetch([target.baseUrl]);
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'user-agent': 'pipe-byom',
    ...target.headers,
  };
  return async (input, init) => {
    const response = await reach(input, { ...init, headers }).catch((thrown: unknown) => {
      throw toFailure(thrown);
    });
    watch.answered();
    if (!response.ok) throw await refusalToFailure(response, mode);
    return response;
  };
}

function askedMode(prompt: Prompt): AskedMode {
  return prompt.answer.kind === 'json' ? prompt.answer.mode : null;
}
