import type { FailureType, VendorReply } from '../../../contract/index.ts';
import type { AnyVendor, Prompt } from '../../../vendors/index.ts';
import type { SeenRequest } from '../scripted-server.ts';

/** An answer as a vendor would mean it, to be said in each wire format. */
export interface Meant {
  readonly words: readonly string[];
  readonly end: 'stop' | 'length' | 'refusal' | 'filtered';
  readonly usage: boolean;
}

export type Chunk = string | Uint8Array;
export type Mode = 'json_schema' | 'json_object' | 'prompt';

/** What a request asked for, in our words. */
export interface Asked {
  readonly model: unknown;
  readonly streaming: boolean;
  readonly maxTokens: unknown;
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly text: unknown }[];
  /** `tool`: JSON is asked for by a tool that must be called. */
  readonly format: 'none' | 'json_object' | 'json_schema' | 'tool';
}

/** One vendor in one wire format: what the conformance suite needs to know of it. */
export interface Dialect {
  readonly name: string;
  readonly vendor: AnyVendor;
  settings(url: string): Readonly<Record<string, unknown>>;
  readonly credential: unknown;
  /** Where the format depends on the model: one of those that speak this one. */
  readonly upstreamId?: string;
  /** Method and path of a request for a stream, and of one for an answer in one piece. */
  readonly paths: { readonly streamed: string; readonly whole: string };
  asked(request: SeenRequest): Asked;
  /** How each mode is asked for. */
  readonly formats: Readonly<Record<Mode, Asked['format']>>;
  whole(meant: Meant): string;
  readonly streamHeaders: Readonly<Record<string, string>>;
  /** The events of a stream, the last one being the sentinel where there is one. */
  events(meant: Meant): readonly Chunk[];
  /** Usage as said by `whole` and `events`, where the format cannot say all of the usual one. */
  readonly usage?: VendorReply['usage'];
  /** How many events from the end can be missing without making the answer incomplete. */
  readonly tail: number;
  /** How many events come before the first one that holds something of the answer. */
  readonly head: number;
  /** Events that a reader passes over, in the middle of a stream. */
  readonly harmless: readonly Chunk[];
  /** A damaged event that held text. */
  readonly damaged: Chunk;
  /** Errors inside a stream that began well. */
  readonly errorEvents: readonly (readonly [name: string, event: Chunk, type: FailureType])[];
  /** Successes that are no answer, beside those that are none in any format. */
  readonly nonAnswers: readonly (readonly [name: string, body: string])[];
  /** Every error that the vendor documents or was seen to send. */
  readonly refusals: readonly Refusal[];
  /** The body of a 400 that refuses the way JSON was asked for. */
  readonly refusedMode: Pick<Refusal, 'body' | 'headers'>;
  /** Cases that this vendor cannot do, with the reason. */
  readonly skip?: Readonly<Partial<Record<SkippableCase, string>>>;
}

export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type: FailureType;
  readonly retryAfterMs?: number;
}

export type SkippableCase = 'refusal' | 'whole instead of stream' | 'text lines' | 'usage left out';

/** Usage as said by `whole` and `events`, in our words. */
export const usage: NonNullable<VendorReply['usage']> = {
  inputTokens: 21,
  outputTokens: 8,
  cachedInputTokens: 4,
  reasoningTokens: 2,
};

export const event = (data: unknown): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

export const prompt: Prompt = {
  system: 'You are a clerk.',
  turns: [
    { by: 'user', text: 'planted prompt' },
    { by: 'model', text: '{' },
    { by: 'user', text: 'That was no JSON.' },
  ],
  answer: { kind: 'text' },
};

export const jsonPrompt = (mode: Mode): Prompt => ({
  ...prompt,
  answer: {
    kind: 'json',
    schema: {
      type: 'object',
      properties: { summary: { type: 'string' } },
      required: ['summary'],
      additionalProperties: false,
    },
    mode,
  },
});
