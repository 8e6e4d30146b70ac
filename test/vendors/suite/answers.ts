import { failureOf } from '../calling.ts';
import { type Chunk, type Meant, usage } from '../dialects/dialect.ts';
import { meant, said, type Trial } from './trial.ts';

/** Good answers, whole and streamed, in whatever pieces they come. */
export function answers({ bench, call, dialect, may, play }: Trial): void {
  describe('an answer', () => {
    for (const end of ['stop', 'length', 'refusal'] as const) {
      const same = async (): Promise<void> => {
        play(dialect.events({ ...meant, end }));
        const streamed = await call();
        bench().server.play({ chunks: [dialect.whole({ ...meant, end })] });
        const whole = await call({ streaming: false });
        expect(streamed).toEqual({ text: said, finish: end, usage: dialect.usage ?? usage });
        expect(whole).toEqual(streamed);
      };
      const name = `that ends with ${end} is the same streamed and whole`;
      if (end === 'refusal') may('refusal', name, same);
      else it(name, same);
    }

    may('usage left out', 'has no usage where the vendor says none', async () => {
      play(dialect.events({ ...meant, usage: false }));
      expect(await call()).toEqual({ text: said, finish: 'stop', usage: null });
    });

    it('that a filter stopped is a failure, and its text is dropped', async () => {
      for (const streaming of [true, false]) {
        const filtered: Meant = { ...meant, end: 'filtered' };
        if (streaming) play(dialect.events(filtered));
        else bench().server.play({ chunks: [dialect.whole(filtered)] });
        const failure = await failureOf(call({ streaming }));
        expect(failure.type).toBe('model.content-filtered');
        expect(JSON.stringify(failure) + failure.message).not.toContain('mörning');
      }
    });

    it('is read though every byte comes alone', async () => {
      play([...bytesOf(dialect.events(meant))].map((byte) => Uint8Array.of(byte)));
      expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
    });

    may('text lines', 'is read though lines end in CRLF', async () => {
      play(dialect.events(meant).map((event) => String(event).replaceAll('\n', '\r\n')));
      expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
    });

    may('whole instead of stream', 'that comes whole though a stream was asked for is read', async () => {
      bench().server.play({ chunks: ['  \n', dialect.whole(meant)] });
      expect(await call()).toMatchObject({ text: said });
    });

    it('tells the caller of its progress', async () => {
      play(dialect.events(meant));
      let progress = 0;
      await call({ onProgress: () => (progress += 1) });
      expect(progress).toBeGreaterThanOrEqual(meant.words.length);
    });
  });
}

function bytesOf(chunks: readonly Chunk[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as Uint8Array)));
}
