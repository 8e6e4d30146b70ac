import type { VendorReply } from '../../contract/index.ts';
import type { Watch } from '../deadlines.ts';
import { reportedToFailure } from '../to-failure.ts';
import { readServerEvents, type ServerEvent } from './server-events.ts';
import { asObject, invalidAnswer, type Json, type StreamReading, type Wire } from './wire.ts';

/** How long we listen after the end of an answer was said, milliseconds: for usage, and to keep the connection. */
const tailMs = 1_000;

/**
 * Reads a successful response. How it is read follows from what came, not from what was asked for: some servers answer a
 * request for a stream in one piece. Throws `Failure`, or what the transport throws.
 */
export async function readAnswer(
  response: Response,
  wire: Wire,
  streaming: boolean,
  watch: Watch,
): Promise<VendorReply> {
  const { body } = response;
  const mediaType = (response.headers.get('content-type') ?? '').toLowerCase();
  if (body === null) throw invalidAnswer('The vendor sent an empty answer.');
  if (/event-stream/.test(mediaType) || (streaming && !/json|html/.test(mediaType))) {
    return readStream(body, wire.openStream(), watch);
  }
  const answer = asObject(parse(await readText(body, watch)));
  if (answer === null) throw invalidAnswer('What the vendor sent is not JSON.');
  if (isFilledObject(answer['error'])) throw reportedToFailure(answer['error']);
  return wire.readWhole(answer);
}

async function readText(body: ReadableStream<Uint8Array>, watch: Watch): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    watch.progressed();
  }
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  reading: StreamReading,
  watch: Watch,
): Promise<VendorReply> {
  const reader = body.getReader();
  const events = readServerEvents(reader);
  while (!reading.isComplete()) {
    const next = await events.next();
    if (next.done === true) throw invalidAnswer('The answer ended before its end was said.');
    const event = readEvent(next.value);
    if (event !== null && reading.take(event)) watch.progressed();
  }
  if (!(await readTail(events, reading))) void reader.cancel().catch(() => {});
  return reading.reply();
}

/**
 * The answer is complete: whatever happens now, a silence or a broken connection, takes nothing of it away. Says whether
 * the body came to its end.
 */
async function readTail(events: AsyncGenerator<ServerEvent>, reading: StreamReading): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, tailMs, null);
  });
  try {
    for (;;) {
      const next = await Promise.race([events.next(), over]);
      if (next === null) return false;
      if (next.done === true) return true;
      const event = readEvent(next.value);
      if (event !== null) reading.take(event);
    }
  } catch (late) {
    void late;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The JSON of an event; null for one to pass over: the sentinel `[DONE]`, and a damaged event that held no text. Damage
 * that swallowed text would leave a hole in the answer, so it fails.
 */
function readEvent(event: ServerEvent): Json | null {
  if (event.data === '[DONE]') return null;
  const value = asObject(parse(event.data));
  if (value === null) {
    if (/"(content|delta|text|refusal)"\s*:\s*"[^"]/.test(event.data)) {
      throw invalidAnswer('A part of the answer arrived damaged.');
    }
    return null;
  }
  if (isFilledObject(value['error'])) throw reportedToFailure(value['error']);
  if (event.name === 'error' || value['type'] === 'error') throw reportedToFailure(value);
  return value;
}

/** Some servers send `error: null` or `error: {}` along with every answer. */
function isFilledObject(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  const error = asObject(value);
  return error !== null && Object.keys(error).length > 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
