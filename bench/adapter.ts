import { Agent, fetch as undiciFetch } from 'undici';
import { createGuard, vendors } from '../vendors/index.ts';
import { callLimits } from './bare-activity.ts';
import type { Figure } from './figure.ts';
import { eventsPerReply, lastBodyPath } from './fixed-reply.ts';
import { guardOptions } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { apiKey } from './organizations.ts';
import type { Closers } from '../sandbox/index.ts';
import type { Sizes } from './sizes.ts';
import { compare, median } from './statistics.ts';
import { takeTurns, timed } from './take-turns.ts';

const differenceAtMostMs = 0.2;
const prompt = {
  system: 'You are the assistant of a service desk.',
  turns: [{ by: 'user', text: 'Summarize the request. '.repeat(40) }],
  answer: { kind: 'text' },
} as const;

/** One call through the adapter beside raw `fetch` with the same body, to a server that answers at once. */
export async function measureAdapter(
  grounds: Grounds,
  sizes: Sizes['adapter'],
  closers: Closers,
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const streaming of [false, true]) {
    figures.push(await measureOne(grounds.standIns.fixed, streaming, sizes, closers));
  }
  return figures;
}

async function measureOne(
  origin: string,
  streaming: boolean,
  { rounds, warmUp, calls }: Sizes['adapter'],
  closers: Closers,
): Promise<Figure> {
  const baseUrl = `${origin}/${streaming ? 'events' : 'whole'}/v1`;
  const adapter = createAdapterCall(baseUrl, streaming, closers);
  await adapter();
  const body = await fetch(`${origin}${lastBodyPath}`).then((response) => response.text());
  const raw = createRawCall(`${baseUrl}/chat/completions`, body, closers);
  const arms = { adapter: () => timed(adapter), raw: () => timed(raw) };
  await takeTurns(warmUp, arms);

  const medians: Record<keyof typeof arms, number[]> = { adapter: [], raw: [] };
  for (let round = 0; round < rounds; round += 1) {
    const taken = await takeTurns(calls, arms);
    medians.adapter.push(median(taken.adapter));
    medians.raw.push(median(taken.raw));
  }
  const compared = compare('difference', medians.adapter, medians.raw);
  return {
    what: `adapter, ${streaming ? `streamed in ${eventsPerReply} events` : 'in one piece'}: p50`,
    unit: 'ms',
    ours: median(medians.adapter),
    beside: { what: 'raw fetch', value: median(medians.raw) },
    compared,
    target: { text: `≤ +${differenceAtMostMs} ms`, met: compared.value <= differenceAtMostMs },
  };
}

function createAdapterCall(baseUrl: string, streaming: boolean, closers: Closers): () => Promise<void> {
  const guard = createGuard(guardOptions);
  closers.onClose(() => guard.close());
  const endpoint = {
    settings: { baseUrl },
    credential: { apiKey },
    upstreamId: 'fixed',
    maxOutputTokens: 4_096,
    streaming,
    maxTokensField: null,
  };
  return async () => {
    const { signal } = new AbortController();
    const control = { signal, limits: callLimits, guard, onProgress: () => {} };
    const { finish } = await vendors.custom.invoke(prompt, endpoint, control);
    if (finish !== 'stop') throw new Error(`The adapter read an answer that ended ${finish}.`);
  };
}

/** The same transport with the same settings, and of the answer no more than that it came: JSON, or the text of it. */
function createRawCall(url: string, body: string, closers: Closers): () => Promise<void> {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
  closers.onClose(() => dispatcher.destroy());
  const streamed = (JSON.parse(body) as { readonly stream?: boolean }).stream === true;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
  return async () => {
    const response = await undiciFetch(url, { method: 'POST', headers, body, dispatcher });
    if (!response.ok) throw new Error(`The fixed reply came with status ${response.status}.`);
    await (streamed ? response.text() : response.json());
  };
}
