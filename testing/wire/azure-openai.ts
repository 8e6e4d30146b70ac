import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
// Adds to the types of `openai` what only Azure sends.
import type {} from '@azure/openai/types';
import type { ChatCompletionChunk } from 'openai/resources/index';
import { chatCompletions } from './chat-completions.ts';
import { responses } from './responses.ts';
import { asRecord, bearerOf, type Problem, type ProblemReply, type Wire } from './wire.ts';

/** Azure's way to serve OpenAI's formats: paths, request ids, errors and the gate are its own, and so are its filters. */
const azure: Pick<Wire, 'isFor' | 'headers' | 'problem' | 'refuse'> = {
  isFor: (request) => !isOracle(request),
  headers: () => ({
    'apim-request-id': randomUUID(),
    'x-request-id': randomUUID(),
    'x-ms-region': 'Sandbox',
  }),
  problem,
  refuse: (request, _body, accounts) => {
    const token = bearerOf(request);
    if (typeof request.headers['api-key'] === 'string') return null;
    // v1 also takes keys where OpenAI does. A key has no dots in it, a token always has.
    if (token !== null && (accounts.isIssued(token) || isKeyOnV1(request, token))) return null;
    return { status: 401, problem: { code: '401', message: 'The sandbox knows neither key nor token.' } };
  },
};

/** Chat Completions at Azure: learn.microsoft.com/azure/ai-foundry/openai/reference. */
export const azureChatCompletions: Wire = {
  ...chatCompletions,
  ...azure,
  match(path) {
    const deployment = /^openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1];
    if (deployment !== undefined) return { model: decodeURIComponent(deployment), stream: null };
    return path.startsWith(v1) ? chatCompletions.match(path) : null;
  },
  whole(reply, prompt) {
    const answer = asRecord(chatCompletions.whole(reply, prompt));
    const choices = (answer['choices'] as readonly object[]).map((choice) => ({
      ...choice,
      content_filter_results: filterResults(reply.finish === 'content-filter'),
    }));
    return { ...answer, choices, prompt_filter_results: promptFilterResults };
  },
  frames: (reply, prompt) => [
    // What its filter made of the prompt comes first, in a chunk without a choice, id or model.
    { kind: 'opening', text: `data: ${JSON.stringify(promptChunk)}\n\n` },
    ...chatCompletions.frames(reply, prompt),
  ],
};

/** Responses at Azure, on its v1 API only. */
export const azureResponses: Wire = {
  ...responses,
  ...azure,
  match: (path) => (path.startsWith(v1) ? responses.match(path) : null),
};

const v1 = 'openai/v1/';

function isKeyOnV1(request: IncomingMessage, bearer: string): boolean {
  return (request.url ?? '').includes(`/${v1}`) && !bearer.includes('.');
}

/** Oracle's compatible endpoint has the path of Azure's v1; only Oracle's requests name a compartment or a project. */
function isOracle({ headers }: IncomingMessage): boolean {
  return ['compartmentid', 'opc-compartment-id', 'openai-project'].some(
    (name) => headers[name] !== undefined,
  );
}

/** An error in Azure's shape: a code and a message, and for its content filter what it found. */
function problem(status: number, { message, code = null, param = null }: Problem): ProblemReply {
  const filtered = code === 'content_filter';
  const error = { code: code ?? String(status), message };
  if (!filtered) return { body: { error: param === null ? error : { ...error, param } } };
  const innererror = {
    code: 'ResponsibleAIPolicyViolation',
    content_filter_result: filterResults(true),
  };
  return { body: { error: { ...error, param: 'prompt', type: null, status, innererror } } };
}

function filterResults(filtered: boolean) {
  const safe = { filtered: false, severity: 'safe' };
  return {
    hate: safe,
    self_harm: safe,
    sexual: safe,
    violence: filtered ? { filtered: true, severity: 'medium' } : safe,
  };
}

const promptFilterResults: ChatCompletionChunk['prompt_filter_results'] = [
  { prompt_index: 0, content_filter_results: filterResults(false) },
];

const promptChunk = {
  id: '',
  object: '',
  created: 0,
  model: '',
  choices: [],
  prompt_filter_results: promptFilterResults,
};
