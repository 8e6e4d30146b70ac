import { answerPrompt } from './answering/answer-prompt.ts';
import { PromptProblem } from './answering/prompt-problem.ts';
import { happensEarly } from './early-fault.ts';
import { sendJson, sendProblem } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import { makeReply } from './make-reply.ts';
import { readJson } from './read-json.ts';
import { sendReply } from './send-reply.ts';
import { chatCompletions } from './wire/chat-completions.ts';
import { responses } from './wire/responses.ts';
import type { Wire, WirePrompt } from './wire/wire.ts';

/** The wire formats spoken here, found by their path. */
const wires: readonly Wire[] = [chatCompletions, responses];

/** Lets the fault of the moment happen, and otherwise answers from the prompt. */
export async function serveCall(exchange: Exchange, faults: Faults, tokenDelayMs: number): Promise<void> {
  const { route, path, request, entry, bearer } = exchange;
  const body = await readJson(request);
  entry.body = body ?? null;
  const wire = request.method === 'POST' ? wires.find((one) => one.path === path) : undefined;
  const prompt = wire?.read(body) ?? null;
  const fault = faults.take(route, prompt, bearer);
  entry.fault = fault?.kind ?? null;
  if (fault !== null && happensEarly(fault, exchange, wire?.modeParameter ?? '')) return;

  if (request.method === 'GET' && /^models(\/|$)/.test(path)) return sendJson(exchange, 200, modelsAt(path));
  if (wire === undefined) {
    return sendProblem(exchange, 404, { code: 'unknown_url', message: `Unknown request URL: ${path}` });
  }
  if (prompt === null) {
    return sendProblem(exchange, 400, { message: `The body is no request for ${path}.` });
  }
  const text = tryAnswer(prompt);
  if (text instanceof PromptProblem) {
    return sendProblem(exchange, 422, { code: 'sandbox_prompt', message: text.message });
  }
  const reply = makeReply(prompt, text, fault, entry.number);
  await sendReply({ exchange, wire, prompt, reply, fault, tokenDelayMs });
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
function modelsAt(path: string): unknown {
  const asked = path.split('/')[1];
  return asked === undefined ? { object: 'list', data: modelIds.map(toModel) } : toModel(asked);
}

function toModel(id: string): object {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'sandbox' };
}
