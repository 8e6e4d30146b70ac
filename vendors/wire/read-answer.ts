import type { VendorReply } from '../../contract/index.ts';
import type { Watch } from '../deadlines.ts';
import { reportedToFailure } from '../errors/to-failure.ts';
import { parseJson } from '../errors/vendor-error.ts';
import { readFrames } from './aws-frames.ts';
import { readEvents } from './read-events.ts';
import { readServerEvents, type ServerEvent } from './server-events.ts';
import { asObject, damagedAnswer, invalidAnswer, type Json, type Wire } from './wire.ts';

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
  const isFrames = /vnd\.amazon\.eventstream/.test(mediaType);
  if (isFrames || /event-stream/.test(mediaType) || (streaming && !/json|html/.test(mediaType))) {
    const reader = body.getReader();
    const events = isFrames
      ? readFrames(reader, wire.errors)
      : readServerEvents(reader, (event) => readEvent(event, wire));
    return readEvents(events, wire.openStream(), watch, () => reader.cancel());
  }
  const answer = asObject(parseJson(await readText(body, watch)));
  if (answer === null) throw invalidAnswer('What the vendor sent is not JSON.');
  if (isFilledObject(answer['error'])) throw reportedToFailure(answer['error'], wire.errors);
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

/**
 * The JSON of an event; null for one to pass over: the sentinel `[DONE]`, and a damaged event that held no text. Damage
 * that swallowed text would leave a hole in the answer, so it fails.
 */
function readEvent(event: ServerEvent, wire: Wire): Json | null {
  if (event.data === '[DONE]') return null;
  const value = asObject(parseJson(event.data));
  if (value === null) {
    if (maybeWords.test(event.data)) throw damagedAnswer();
    return null;
  }
  if (isFilledObject(value['error'])) throw reportedToFailure(value['error'], wire.errors);
  if (event.name === 'error' || value['type'] === 'error') throw reportedToFailure(value, wire.errors);
  return value;
}

/**
 * An event that comes to its end was damaged within, names and quotes included, and nobody knows what it held. One that
 * breaks off held words if it got as far as a value.
 */
const maybeWords = /\}\s*$|^\s*\{.*:\s*"[^"]|"(content|delta|text|refusal|parts)"\s*:\s*("[^"]|\[)/s;

/** Some servers send `error: null` or `error: {}` along with every answer. */
function isFilledObject(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  const error = asObject(value);
  return error !== null && Object.keys(error).length > 0;
}
