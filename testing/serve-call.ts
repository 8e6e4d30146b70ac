import type { KnownAccounts } from './accounts.ts';
import { answerPrompt } from './answering/answer-prompt.ts';
import { PromptProblem } from './answering/prompt-problem.ts';
import { happensEarly } from './early-fault.ts';
import { sendJson, sendProblem } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import { makeReply } from './make-reply.ts';
import { parseBody, readBytes } from './read-body.ts';
import { sendReply } from './send-reply.ts';
import type { WirePrompt } from './wire/wire.ts';

export interface CallServing {
  readonly faults: Faults;
  readonly accounts: () => Promise<KnownAccounts>;
  readonly tokenDelayMs: number;
}

/** Lets the fault of the moment happen, and otherwise answers from the prompt. */
export async function serveCall(
  exchange: Exchange,
  isKnown: boolean,
  { faults, accounts, tokenDelayMs }: CallServing,
): Promise<void> {
  const { route, path, request, entry, key, wire } = exchange;
  const bytes = await readBytes(request);
  const body = parseBody(bytes);
  entry.body = body ?? null;
  const ask = isKnown ? wire.match(path) : null;
  const prompt = ask === null ? null : (wire.read(body, ask) ?? null);
  const fault = faults.take(route, prompt, key);
  entry.fault = fault?.kind ?? null;
  if (fault !== null && happensEarly(fault, exchange)) return;

  const list = /^(?:openai\/)?v1\/models(?:\/(.*))?$/.exec(path);
  if (request.method === 'GET' && list !== null) return sendJson(exchange, 200, modelsAt(list[1]));
  if (ask === null) {
    const message = `Unknown request URL: ${path}. The sandbox's base URLs are those of url(route) and endpoint(route).`;
    return sendProblem(exchange, 404, { code: 'unknown_url', message });
  }
  const refusal = wire.refuse?.(request, bytes, await accounts()) ?? null;
  if (refusal !== null) return sendProblem(exchange, refusal.status, refusal.problem);
  if (prompt === null) {
    return sendProblem(exchange, 400, { message: `The body is no request for ${path}.` });
  }
  const text = tryAnswer(prompt);
  if (text instanceof PromptProblem) {
    return sendProblem(exchange, 422, { code: 'sandbox_prompt', message: text.message });
  }
  const reply = makeReply(prompt, text, fault, entry.number);
  if (wire.free !== undefined) return sendJson(exchange, 200, wire.free(reply, prompt));
  await sendReply({ exchange, prompt, reply, fault, tokenDelayMs });
}

function tryAnswer(prompt: WirePrompt): string | PromptProblem {
  try {
    return answerPrompt(prompt);
  } catch (error) {
    if (error instanceof PromptProblem) return error;
    throw error;
  }
}

const modelIds = ['sandbox-small', 'sandbox-large'];

/** The list, or one model: any id is served here, so any id exists. */
function modelsAt(asked: string | undefined): unknown {
  return asked === undefined ? { object: 'list', data: modelIds.map(toModel) } : toModel(asked);
}

function toModel(id: string): object {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'sandbox' };
}
