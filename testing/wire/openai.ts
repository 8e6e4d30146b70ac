import type { IncomingMessage } from 'node:http';
import { bearerOf, type PathAsk, type Problem, type ProblemReply } from './wire.ts';

/** Where OpenAI's formats are served: at OpenAI and self-hosted servers, Azure's v1 and Oracle's compatible endpoint. */
export function matchOpenai(path: string, format: string): PathAsk | null {
  return path === `v1/${format}` || path === `openai/v1/${format}` ? { model: null, stream: null } : null;
}

/** Azure takes its keys in a header of its own. */
export function openaiKeyOf(request: IncomingMessage): string | null {
  const key = request.headers['api-key'];
  return typeof key === 'string' ? key : bearerOf(request);
}

/** An error in the shape of OpenAI's, which self-hosted servers follow. */
export function openaiProblem(status: number, { message, code = null, param = null }: Problem): ProblemReply {
  const ofMoney = code?.startsWith('insufficient') === true;
  const type = ofMoney ? code : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { body: { error: { message, type, param, code } } };
}
