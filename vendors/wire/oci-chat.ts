import type { Usage, VendorReply } from '../../contract/index.ts';
import { ociWords } from '../errors/oci-words.ts';
import { reportedToFailure } from '../errors/to-failure.ts';
import {
  asList,
  asObject,
  asText,
  contentFiltered,
  heldList,
  heldObject,
  heldText,
  invalidAnswer,
  usageReader,
  replyOf,
  type Json,
  type StreamReading,
  type Wire,
} from './wire.ts';

/** Oracle's GENERIC format: all models but Cohere's. */
export const ociGeneric: Wire = { errors: ociWords, readWhole, openStream: () => openStream('appends') };

/** Cohere's second format at Oracle. */
export const ociCohere: Wire = { errors: ociWords, readWhole, openStream: () => openStream('may repeat') };

function readWhole(answer: Json): VendorReply {
  const response = asObject(answer['chatResponse']);
  // GENERIC has a list of choices; Cohere's answer is the one there is.
  const choice = asObject(asList(response?.['choices'])[0]) ?? response;
  const message = asObject(choice?.['message']);
  if (choice === null || message === null) throw invalidAnswer('The vendor sent no choice of an answer.');
  return toReply({
    text: textOf(message),
    refusal: asText(message['refusal']),
    finish: asText(choice['finishReason']),
    complaint: asText(choice['errorMessage']),
    usage: readUsage(response?.['usage']) ?? readUsage(choice['usage']),
  });
}

/**
 * `lastText`: Cohere's first format repeats the whole text in the event that ends the answer. Whether its second one does is
 * written nowhere, so a last event that says as much as all before it is taken for the whole, and a shorter one for the rest.
 */
function openStream(lastText: 'appends' | 'may repeat'): StreamReading {
  let [text, refusal, finish, complaint] = ['', '', '', ''];
  let usage: Usage | null = null;
  return {
    take(event) {
      if (typeof event['message'] === 'string') throw reportedToFailure(event, ociWords);
      usage = readUsage(event['usage']) ?? usage;
      // Usage comes after the end. Whatever else does is of another answer.
      if (finish !== '') return false;
      finish = asText(event['finishReason']);
      complaint = asText(event['errorMessage']);
      const message = heldObject(event['message']) ?? {};
      const said = textOf(message);
      const isWhole = finish !== '' && lastText === 'may repeat' && said.length >= text.length;
      text = isWhole ? said : text + said;
      refusal += asText(message['refusal']);
      return finish !== '' || said !== '' || Object.entries(message).some(isOfTheAnswer);
    },
    isComplete: () => finish !== '',
    reply: () => toReply({ text, refusal, finish, complaint, usage }),
  };
}

/** Thoughts, refusals and whatever else a model says under a name of its own; not the empty frame of a message. */
function isOfTheAnswer([name, value]: readonly [string, unknown]): boolean {
  if (name === 'role' || name === 'content') return false;
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== '';
}

interface Said {
  readonly text: string;
  readonly refusal: string;
  readonly finish: string;
  /** What Cohere says beside the end `ERROR`. */
  readonly complaint: string;
  readonly usage: Usage | null;
}

/** Free text: each family of models ends its answers in its own words, which Oracle passes on in any case. */
const ends = new Map<string, 'stop' | 'length' | 'filtered' | 'broken'>([
  ['stop', 'stop'],
  ['complete', 'stop'],
  ['completed', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'filtered'],
  ['content_filtered', 'filtered'],
  ['error_toxic', 'filtered'],
  ['safety', 'filtered'],
  ['recitation', 'filtered'],
  ['blocklist', 'filtered'],
  ['prohibited_content', 'filtered'],
  ['spii', 'filtered'],
  ['error', 'broken'],
]);

function toReply({ text, refusal, finish, complaint, usage }: Said): VendorReply {
  const end = ends.get(finish.toLowerCase());
  if (end === 'filtered') throw contentFiltered(usage);
  if (end === 'broken') throw reportedToFailure({ message: complaint }, ociWords);
  if (end === undefined) throw invalidAnswer('The vendor ended its answer in a way that is none.');
  if (refusal !== '') return { text: refusal, finish: 'refusal', usage };
  return replyOf({ text, finish: end, usage });
}

/** Parts of type `TEXT` are the answer; others are thoughts. */
function textOf(message: Json): string {
  return heldList(message['content'])
    .map((part) => heldObject(part))
    .map((part) => (part?.['type'] === 'TEXT' ? heldText(part['text']) : ''))
    .join('');
}

const readUsage = usageReader({
  input: 'promptTokens',
  output: 'completionTokens',
  cached: ['promptTokensDetails', 'cachedTokens'],
  reasoning: ['completionTokensDetails', 'reasoningTokens'],
});
