import { Failure, type Usage, type VendorReply } from '../../contract/index.ts';
import type { ErrorWords } from '../errors/vendor-error.ts';
import type { Prompt } from '../vendor.ts';

/** One format in which models answer. Several vendors speak the same. */
export interface Wire {
  /** Reads an answer that came in one piece. Throws `model.invalid-answer` and what the answer itself reports. */
  readWhole(answer: Json): VendorReply;
  /** Begins to read an answer that comes in events. */
  openStream(): StreamReading;
  /** How this format names what went wrong. */
  readonly errors: ErrorWords;
}

/** A format of OpenAI's: several vendors take the same request below different base URLs. */
export interface OpenaiWire extends Wire {
  /** Below the base URL. */
  readonly path: string;
  toBody(prompt: Prompt, ask: Ask): Json;
}

export interface Ask {
  readonly model: string;
  readonly maxOutputTokens: number;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly streaming: boolean;
}

export interface StreamReading {
  /** Takes one event and says whether it carried something of the answer, rather than news about it. */
  take(event: Json): boolean;
  /** True once the event has come that ends an answer: only then is there one. */
  isComplete(): boolean;
  reply(): VendorReply;
}

/** An object of a vendor's, of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * A part of a stream that may be left out or null. Throws where something else stands in its place: words were said
 * there, and an answer without them would be another one.
 */
export function heldObject(value: unknown): Json | null {
  return held(value, asObject(value));
}

export function heldList(value: unknown): readonly unknown[] {
  return held(value, Array.isArray(value) ? value : null) ?? [];
}

export function heldText(value: unknown): string {
  return held(value, typeof value === 'string' ? value : null) ?? '';
}

function held<T>(value: unknown, read: T | null): T | null {
  if (read === null && value !== undefined && value !== null) {
    throw damagedAnswer();
  }
  return read;
}

/** A token count, or null where the vendor says nothing we could believe. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}

export function invalidAnswer(what: string): Failure {
  return new Failure('model.invalid-answer', what, { sent: 'yes', httpStatus: 200 });
}

/** Nobody knows what stood there, and an answer without it would be another one. */
export function damagedAnswer(): Failure {
  return invalidAnswer('A part of the answer arrived damaged.');
}

/** What was said before the filter is dropped, but it was billed. */
export function contentFiltered(usage: Usage | null): Failure {
  return new Failure('model.content-filtered', "The vendor's filter stopped the answer.", {
    sent: 'yes',
    httpStatus: 200,
    ...(usage === null ? {} : { usage }),
  });
}

/** A reply must say something: nobody can work with blank text, whatever the vendor calls its end. */
export function replyOf(reply: VendorReply): VendorReply {
  if (reply.finish !== 'refusal' && reply.text.trim() === '') {
    throw invalidAnswer(
      reply.finish === 'length'
        ? 'The model used up its token limit before it said anything.'
        : 'The vendor sent an answer without text.',
    );
  }
  return reply;
}

/** Where a format keeps its token counts: the two totals, and the part of each that is told apart. */
export interface UsageNames {
  readonly input: string;
  readonly output: string;
  readonly cached: readonly [details: string, count: string];
  readonly reasoning: readonly [details: string, count: string];
}

/** Reads usage in a format whose totals include their parts: null where it says neither total. */
export function usageReader({
  input,
  output,
  cached,
  reasoning,
}: UsageNames): (value: unknown) => Usage | null {
  return (value) => {
    const usage = asObject(value);
    if (usage === null) return null;
    const inputTokens = asCount(usage[input]);
    const outputTokens = asCount(usage[output]);
    if (inputTokens === null && outputTokens === null) return null;
    const partOf = ([details, count]: UsageNames['cached']) => asCount(asObject(usage[details])?.[count]);
    return {
      inputTokens,
      outputTokens,
      cachedInputTokens: partOf(cached),
      reasoningTokens: partOf(reasoning),
    };
  };
}
