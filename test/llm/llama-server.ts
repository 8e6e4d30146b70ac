import { join } from 'node:path';
import { findFreePort, startChild, waitUntil } from '../../sandbox/processes.ts';

/** A real model behind the wire format of Chat Completions, on this machine. */
export interface LlamaServer {
  /** With `/v1`, as a provider's `baseUrl`. */
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/**
 * llama.cpp's own server. The model was never taught to converse and its file says nothing about the form of a
 * conversation, so `conversation.jinja` shows it a few. It always takes the likeliest token, so that two runs of the tests
 * hear the same answers; the penalty keeps it from repeating itself until it is cut. Two requests are answered at once,
 * each with a window of 8,192 tokens.
 */
export async function startLlamaServer(): Promise<LlamaServer> {
  const port = await findFreePort();
  const child = startChild(setting('BYOM_LLAMA_SERVER'), [
    ...`--host 127.0.0.1 --port ${port} --parallel 2 --ctx-size 16384`.split(' '),
    ...'--temp 0 --repeat-penalty 1.15 --seed 1'.split(' '),
    '--model',
    setting('BYOM_LLAMA_MODEL'),
    '--jinja',
    '--chat-template-file',
    join(import.meta.dirname, 'conversation.jinja'),
    // It goes on with what the other side might say next.
    '--reverse-prompt',
    'User:',
  ]);
  try {
    await waitUntil(() => askHealth(port), { what: 'llama.cpp', deadlineMs: 60_000, everyMs: 200, child });
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { baseUrl: `http://127.0.0.1:${port}/v1`, stop: () => child.stop() };
}

async function askHealth(port: number): Promise<true | undefined> {
  const { ok } = await fetch(`http://127.0.0.1:${port}/health`);
  return ok || undefined;
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this with npm run test:llm.`);
  return value;
}
