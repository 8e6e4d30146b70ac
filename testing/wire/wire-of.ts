import { anthropicMessages } from './anthropic-messages.ts';
import { chatCompletions } from './chat-completions.ts';
import { responses } from './responses.ts';
import type { Wire } from './wire.ts';

/** The wire formats spoken here. A new one is a file and a line here. */
const wires: readonly Wire[] = [anthropicMessages, chatCompletions, responses];

/** The format of a call to a model, found by its path; null where the path belongs to none. */
export function wireOf(method: string, path: string): Wire | null {
  return method === 'POST' ? (wires.find((one) => one.match(path) !== null) ?? null) : null;
}
