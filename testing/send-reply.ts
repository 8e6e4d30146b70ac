import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { Frame, WirePrompt, WireReply } from './wire/wire.ts';

/** One answer on its way out. */
export interface Sending {
  readonly exchange: Exchange;
  readonly prompt: WirePrompt;
  readonly reply: WireReply;
  readonly fault: Fault | null;
  readonly tokenDelayMs: number;
}

/** Sends an answer in the pace and with the fault that was asked for, and notes what of it would be billed. */
export async function sendReply(sending: Sending): Promise<void> {
  const { exchange, prompt, fault } = sending;
  const { response, entry } = exchange;
  if (fault?.kind === 'garbage' && (fault.form !== 'event' || !prompt.stream)) {
    return sendGarbage(sending, fault.form);
  }
  entry.status = 200;
  entry.streamed = prompt.stream;
  response.writeHead(200, {
    'content-type': prompt.stream ? exchange.wire.streamType : 'application/json',
  });
  response.flushHeaders();
  if (fault?.kind === 'slow-first-token') await wait(sending, fault.ms);
  const complete = await sendFrames(sending, framesOf(sending));
  if (complete) response.end();
  else exchange.cut('close');
}

/** False where the fault cut it. */
async function sendFrames(sending: Sending, frames: Iterable<Frame>): Promise<boolean> {
  const { exchange, prompt, reply, fault, tokenDelayMs } = sending;
  const { entry } = exchange;
  const breaksAfter = breakingPoint(sending);
  let sent = 0;
  let broken = false;
  for (const { kind, text } of frames) {
    if (!broken && kind !== 'opening' && sent === breaksAfter) {
      broken = true;
      if (fault?.kind === 'stall') await wait(sending, fault.ms);
      if (fault?.kind === 'cut' || (fault?.kind === 'stall' && fault.afterwards === 'cut')) return false;
    }
    if (kind === 'token') {
      await wait(sending, prompt.stream ? tokenDelayMs : tokenDelayMs * reply.tokens.length);
      if (fault?.kind === 'garbage' && sent + 1 === (fault.at ?? 1)) {
        await write(sending, exchange.wire.damagedEvent);
      }
      sent += 1;
      entry.billed = prompt.stream ? { ...reply.usage, outputTokens: sent } : reply.usage;
    }
    if (isLeftOut(kind, fault)) continue;
    await write(sending, text);
  }
  entry.billed ??= reply.usage;
  return true;
}

function breakingPoint({ fault, prompt, reply }: Sending): number | null {
  if (fault?.kind !== 'stall' && fault?.kind !== 'cut') return null;
  return Math.min(fault.afterTokens, prompt.stream ? reply.tokens.length : 1);
}

function isLeftOut(kind: Frame['kind'], fault: Fault | null): boolean {
  if (fault?.kind === 'end-without-terminal') return kind === 'terminal' || kind === 'sentinel';
  return fault?.kind === 'no-sentinel' && kind === 'sentinel';
}

function framesOf(sending: Sending): Iterable<Frame> {
  const { prompt, reply, fault } = sending;
  const { wire } = sending.exchange;
  if (fault?.kind === 'huge') return hugeFrames(sending, fault.bytes ?? 64 * 1024 * 1024);
  return prompt.stream ? wire.frames(reply, prompt) : halves(JSON.stringify(wire.whole(reply, prompt)));
}

/** An answer in one piece has one place where it can break: its middle. */
function halves(body: string): readonly Frame[] {
  const middle = Math.floor(body.length / 2);
  return [
    { kind: 'token', text: body.slice(0, middle) },
    { kind: 'terminal', text: body.slice(middle) },
  ];
}

/** One token over and over, so that nothing large is held here. */
function* hugeFrames({ exchange: { wire }, prompt, reply }: Sending, bytes: number): Generator<Frame> {
  const filler = 'x'.repeat(64 * 1024);
  const filled = { ...reply, tokens: [filler] };
  const [before = '', after = ''] = JSON.stringify(wire.whole(filled, prompt)).split(filler);
  const frames: readonly Frame[] = prompt.stream
    ? wire.frames(filled, prompt)
    : [
        { kind: 'opening', text: before },
        { kind: 'token', text: filler },
        { kind: 'terminal', text: after },
      ];
  for (const frame of frames) {
    const times = frame.kind === 'token' ? Math.ceil(bytes / filler.length) : 1;
    for (let time = 0; time < times; time++) yield frame;
  }
}

function sendGarbage(
  { exchange: { response, entry }, reply }: Sending,
  form: 'event' | 'text' | 'html',
): void {
  entry.status = 200;
  entry.billed = reply.usage;
  const html = form === 'html';
  response.writeHead(200, { 'content-type': html ? 'text/html; charset=utf-8' : 'application/json' });
  response.end(html ? '<!doctype html><title>Sign in</title><p>Please sign in.' : 'upstream said: {not json');
}

async function wait({ exchange }: Sending, ms: number): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { signal: exchange.gone });
}

/** Waits where the reader is slow, so that nothing large is held here. */
async function write({ exchange: { response, gone } }: Sending, text: string | Uint8Array): Promise<void> {
  gone.throwIfAborted();
  if (!response.write(text)) await once(response, 'drain', { signal: gone });
}
