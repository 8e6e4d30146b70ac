import { Failure, isFailureType, type FailureType, type VendorReply } from '../../contract/index.ts';
import { meant, said } from '../vendors/bad-answers/bad-answer.ts';
import { isMadeOf, stringsIn } from '../vendors/bad-answers/made-of.ts';
import { isText } from '../vendors/bad-answers/streams.ts';
import type { Original } from './original.ts';
import { isSound, type Transport } from './transport.ts';

/** An answer that something happened to, and what came of it. */
export interface Result {
  readonly original: Original;
  readonly bytes: Buffer;
  readonly touched: boolean;
  readonly how: Transport;
  readonly outcome: unknown;
}

/** What a call that arrived whole may never be blamed for. */
const ofTransport: readonly FailureType[] = ['model.unreachable', 'model.unknown', 'model.misconfigured'];

/**
 * What is wrong with a result; null where it is right. A success says the whole original text; only where the text's own
 * bytes were changed it may say another one, and then nothing that does not stand, string by string, in what came.
 */
export function complaintOf(result: Result): string | null {
  const { outcome, how } = result;
  if (!(outcome instanceof Error)) return complaintOfReply(result, outcome as VendorReply);
  if (!(outcome instanceof Failure) || !isFailureType(outcome.type)) return `no failure: ${outcome.name}`;
  const { type, hints } = outcome;
  if (!type.startsWith('model.')) return `${type} is none of a vendor's`;
  if (hints.sent === 'no') return 'says that nothing was sent';
  if (how.status >= 400 && how.ending === 'end' && hints.httpStatus !== how.status)
    return `status ${hints.httpStatus}`;
  if (isSound(how) && ofTransport.includes(type)) return `${type}, though it travelled well`;
  if (outcome.cause !== undefined) return 'has a cause';
  if (/planted|mörning/i.test(JSON.stringify(outcome) + outcome.message)) return "repeats the vendor's words";
  return null;
}

function complaintOfReply({ original, bytes, touched, how }: Result, { text }: VendorReply): string | null {
  if (how.status >= 400) return `answered with status ${how.status}`;
  if (text === said) return null;
  if (!touched) return `another text, though its own bytes are as they were: ${JSON.stringify(text)}`;
  if (!isMadeOf(text, stringsOf(original, bytes))) return `a text that nobody sent: ${JSON.stringify(text)}`;
  return hidesWords(original, bytes, text) ? `a text with a hole: ${JSON.stringify(text)}` : null;
}

/** Whether an event that cannot be read holds a word, and stands before the last one that the text is made of. */
function hidesWords({ dialect, streaming }: Original, bytes: Buffer, text: string): boolean {
  if (!streaming || !isText(dialect)) return false;
  const events = eventsIn(bytes);
  const enough = events.findIndex((_data, index) =>
    isMadeOf(
      text,
      events.slice(0, index + 1).flatMap((data) => stringsIn(parse(data))),
    ),
  );
  const unreadable = events
    .slice(0, enough)
    .filter((data) => /^\S?\{|\}\S?$/.test(data) && parse(data) === null);
  return unreadable.some((data) => meant.words.some((word) => data.includes(word)));
}

function stringsOf({ dialect, streaming }: Original, bytes: Buffer): readonly string[] {
  // Frames have check sums: they are dropped and repeated, but never read when they are damaged.
  if (streaming && !isText(dialect)) return Array.from({ length: 8 }, () => meant.words).flat();
  if (!streaming) return stringsIn(parse(new TextDecoder().decode(bytes)));
  return eventsIn(bytes).flatMap((data) => stringsIn(parse(data)));
}

/** The data of each event, read by the standard's rules and no others. */
function eventsIn(bytes: Buffer): readonly string[] {
  const text = new TextDecoder().decode(bytes);
  return text.split(/\r?\n\r?\n/).map((event) => {
    const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
    return lines.map((line) => line.replace(/^data: ?/, '')).join('\n');
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
