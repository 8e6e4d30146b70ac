import type { IncomingMessage } from 'node:http';
import type { KnownAccounts } from '../accounts.ts';

/** One wire format that the stand-ins speak: how a prompt comes in, and how an answer goes out, whole or in frames. */
export interface Wire {
  /** What a path below the route asks for; null where it belongs to another format. Without the query string. */
  match(path: string): PathAsk | null;
  /** Where two vendors serve one format below the same path: false for a request that is the other one's. */
  isFor?(request: IncomingMessage): boolean;
  /** Headers of every answer, errors included: the ids by which the vendor finds a request again. */
  headers?(): Readonly<Record<string, string>>;
  /** Undefined where the body is not a request of this format. */
  read(body: unknown, ask: PathAsk): WirePrompt | undefined;
  whole(reply: WireReply, prompt: WirePrompt): unknown;
  /** The answer to a request that asks no model and is billed nothing, such as a count of tokens. */
  free?(reply: WireReply, prompt: WirePrompt): unknown;
  /** The events of a stream, in order, each as it goes over the wire. */
  frames(reply: WireReply, prompt: WirePrompt): readonly Frame[];
  /** The media type of a stream. */
  readonly streamType: string;
  /** An event of a stream whose content is broken, in a whole frame. */
  readonly damagedEvent: string | Uint8Array;
  /** Where the structured-output mode stands in a request, as the vendor's own refusals name it. */
  readonly modeParameter: string;
  /** The key that a request carries; null without one. */
  keyOf(request: IncomingMessage): string | null;
  /** An error in the vendor's own shape, with the headers that belong to it. */
  problem(status: number, problem: Problem): ProblemReply;
  /** A vendor whose requests are signed, or carry tokens that it issued, refuses here; null where the request may pass. */
  refuse?(
    request: IncomingMessage,
    body: Buffer,
    accounts: KnownAccounts,
  ): { readonly status: number; readonly problem: Problem } | null;
}

/** What the path itself says: vendors put the model, or whether to stream, there. */
export interface PathAsk {
  readonly model: string | null;
  readonly stream: boolean | null;
}

export interface Problem {
  readonly message: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

export interface ProblemReply {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was asked, in no vendor's words. */
export interface WirePrompt {
  readonly model: string;
  readonly system: string;
  readonly turns: readonly Turn[];
  /** `text` also covers prompts that ask for JSON in words alone. */
  readonly mode: 'text' | 'json_schema' | 'json_object';
  readonly schema: Readonly<Record<string, unknown>> | null;
  readonly maxTokens: number | null;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

export interface Turn {
  readonly by: 'user' | 'model';
  readonly text: string;
}

export interface WireReply {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly tokens: readonly string[];
  readonly finish: 'stop' | 'length' | 'refusal' | 'content-filter';
  readonly usage: BilledUsage;
  /** True: an answer without a choice in it. */
  readonly empty: boolean;
}

/** Tokens that a vendor would bill. */
export interface BilledUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** `terminal` says that the answer is complete; a `sentinel` only that the stream is. */
export interface Frame {
  readonly kind: 'opening' | 'token' | 'terminal' | 'sentinel';
  readonly text: string | Uint8Array;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** `Authorization: Bearer …`, as most vendors take their keys. */
export function bearerOf(request: IncomingMessage): string | null {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** Text given as a string or as a list of parts: both formats take either. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => asRecord(part)['text'] ?? '').join('');
}

export function asCount(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
