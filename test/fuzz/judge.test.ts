import { Failure, type VendorReply } from '../../contract/index.ts';
import { meant, said } from '../vendors/bad-answers/bad-answer.ts';
import { customDialects } from '../vendors/dialects/openai.ts';
import { complaintOf, type Result } from './judge.ts';
import { joined, mutate, type Mutated, type Mutation } from './mutation.ts';
import { originalsOf, type Original } from './original.ts';

const originals = originalsOf(customDialects.chat);
const [streamed, whole] = originals as readonly [Original, Original];
const sound = { status: 200, contentType: null, encoding: null, ending: 'end', chunkBytes: 64 } as const;
const textOf = (original: Original) => joined(original.pieces).bytes.toString();
const reply = (text: string): VendorReply => ({ text, finish: 'stop', usage: null });
const judge = (outcome: unknown, changes: Partial<Result> = {}) =>
  complaintOf({
    original: streamed,
    bytes: Buffer.from(changes.original === whole ? textOf(whole) : textOf(streamed)),
    touched: false,
    how: sound,
    outcome,
    ...changes,
  });
const failure = (...parts: ConstructorParameters<typeof Failure>) => new Failure(...parts);
const [first = '', second = '', third = ''] = meant.words;

describe('the judge of damaged answers', () => {
  it('has nothing against the whole text, nor against a typed failure', () => {
    expect(judge(reply(said))).toBeNull();
    expect(judge(failure('model.invalid-answer', 'ours', { sent: 'yes' }))).toBeNull();
    expect(judge(failure('model.unreachable'), { how: { ...sound, ending: 'reset' } })).toBeNull();
  });

  it.each<[string, unknown, Partial<Result>]>([
    ['a text without a word, though nothing touched it', reply(first + third), {}],
    ['a text that does not stand in what came', reply('invented'), { touched: true }],
    ['half a word', reply(first + second + third.slice(0, 3)), { touched: true }],
    ['words in another order', reply(third + first), { touched: true }],
    [
      'a text without the word that stands in an event nobody can read',
      reply(second + third),
      { touched: true, bytes: Buffer.from(textOf(streamed).replace('{"content":"Good', '{#content":"Good')) },
    ],
    [
      'a text of a whole answer that stands nowhere in it',
      reply('invented'),
      { touched: true, original: whole },
    ],
    ['an answer that came with status 500', reply(said), { how: { ...sound, status: 500 } }],
    ['an error that is none of ours', new TypeError('planted'), {}],
    ['a failure of our own side', failure('worker.lost'), {}],
    ['a failure that blames the connection, though all arrived', failure('model.unreachable'), {}],
    ['a failure that claims that nothing was sent', failure('model.invalid-answer', '', { sent: 'no' }), {}],
    ["the vendor's words in a message", failure('model.invalid-answer', 'It said: planted'), {}],
    ['a failure without the status', failure('model.server-error'), { how: { ...sound, status: 500 } }],
  ])('complains of %s', (_what, outcome, changes) => {
    expect(judge(outcome, changes)).not.toBeNull();
  });
});

describe("the text's own bytes", () => {
  const before = (original: Original): Mutated => ({ pieces: original.pieces, touched: false });
  const flipAt = (original: Original, needle: string): Mutation => ({
    kind: 'flip',
    at: joined(original.pieces).bytes.indexOf(needle),
    mask: 1,
    own: false,
  });
  const touches = (original: Original, change: Mutation) =>
    mutate(before(original), change, originals).touched;

  it.each([
    ['a word of a stream', streamed, 'Good', true],
    ['the name of its field', streamed, 'content":"Good', true],
    ['the end of a stream', streamed, '"stop"', true],
    ['usage in a stream', streamed, 'prompt_tokens', false],
    ['what comes before the words', streamed, 'prompt_filter', false],
    ['the text of a whole answer', whole, 'mörning', true],
    ['the end of a whole answer', whole, 'stop', false],
  ])('a change of %s is one of theirs or is not', (_what, original, needle, touched) => {
    expect(touches(original, flipAt(original, needle))).toBe(touched);
  });

  it('are not touched by a cut, which takes their end along', () => {
    expect(touches(streamed, { kind: 'cut', at: 300 })).toBe(false);
  });

  it('are touched when they are dropped, repeated, moved or copied elsewhere', () => {
    const words = streamed.pieces.findIndex(({ bytes }) => bytes.includes('Good'));
    for (const kind of ['drop', 'repeat'] as const) {
      expect(touches(streamed, { kind, piece: words })).toBe(true);
      expect(touches(streamed, { kind, piece: 0 })).toBe(false);
    }
    expect(touches(streamed, { kind: 'swap', piece: 0, other: words })).toBe(true);
    const at = textOf(streamed).indexOf('Good');
    expect(touches(streamed, { kind: 'copy', at, length: 4, to: 0 })).toBe(true);
    expect(touches(streamed, { kind: 'insert', at: at + 1, bytes: Uint8Array.of(65) })).toBe(true);
    expect(touches(streamed, { kind: 'insert', at: 3, bytes: Uint8Array.of(65) })).toBe(false);
  });
});
