import type { Fault } from './faults.ts';
import { asRecord } from './wire/wire.ts';
import type { WirePrompt, WireReply } from './wire/wire.ts';

/** The reply to one prompt, as the fault says it should be wrong. */
export function makeReply(prompt: WirePrompt, text: string, fault: Fault | null, call: number): WireReply {
  const said = toTokens(spoken(text, fault));
  const cut = fault?.kind === 'truncated' || fault?.kind === 'content-filter';
  const limit = Math.min(
    prompt.maxTokens ?? Number.POSITIVE_INFINITY,
    cut ? Math.ceil(said.length / 2) : Number.POSITIVE_INFINITY,
  );
  const tokens = said.slice(0, limit);
  return {
    id: `sandbox-${call}`,
    model: prompt.model,
    createdS: Math.floor(Date.now() / 1000),
    tokens,
    finish: finishOf(fault, tokens.length < said.length),
    usage: { inputTokens: countInput(prompt), outputTokens: tokens.length },
    empty: fault?.kind === 'empty-choices',
  };
}

function spoken(text: string, fault: Fault | null): string {
  switch (fault?.kind) {
    case 'refusal':
      return 'I cannot help with that.';
    case 'invalid-answer':
      return withoutSomething(text);
    default:
      return text;
  }
}

function finishOf(fault: Fault | null, cut: boolean): WireReply['finish'] {
  if (fault?.kind === 'refusal' || fault?.kind === 'content-filter') return fault.kind;
  return cut ? 'length' : 'stop';
}

/** A word with the space before it is a token; long ones count for more. */
function toTokens(text: string): readonly string[] {
  return text.match(/\s*\S{1,12}|\s+$/g) ?? [];
}

/** Four characters a token, the rule of thumb of OpenAI's pricing pages. */
function countInput({ system, turns }: WirePrompt): number {
  const characters = turns.reduce((sum, { text }) => sum + text.length, system.length);
  return Math.max(1, Math.ceil(characters / 4));
}

/** The same JSON without one thing that its schema requires; text that is no JSON, without its end. */
function withoutSomething(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    const calls = asRecord(answer)['actionCalls'];
    const filled = Array.isArray(calls)
      ? calls.find((call) => Object.keys(fieldsOf(call)).length > 0)
      : undefined;
    return JSON.stringify(
      filled === undefined ? withoutFirst(answer) : withoutField(asRecord(answer), filled),
    );
  } catch {
    return text.slice(0, -1);
  }
}

function withoutField(answer: Readonly<Record<string, unknown>>, filled: unknown): object {
  const calls = answer['actionCalls'] as readonly unknown[];
  const poorer = { ...asRecord(filled), fields: withoutFirst(fieldsOf(filled)) };
  return { ...answer, actionCalls: calls.map((call) => (call === filled ? poorer : call)) };
}

function withoutFirst(value: unknown): object {
  return Object.fromEntries(Object.entries(asRecord(value)).slice(1));
}

function fieldsOf(call: unknown): Readonly<Record<string, unknown>> {
  return asRecord(asRecord(call)['fields']);
}
