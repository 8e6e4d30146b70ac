import { failureOf } from '../calling.ts';
import { type Meant, usage } from '../dialects/dialect.ts';
import type { Script } from '../scripted-server.ts';
import { meant, said, type Trial } from './trial.ts';

const html = { 'content-type': 'text/html' };

/** Answers that break off, are damaged, or are none. */
export function damagedAnswers({ bench, call, dialect, onlyRequest, play }: Trial): void {
  describe('a damaged stream', () => {
    it('is never a success, wherever it ends before its end was said', async () => {
      const events = dialect.events(meant);
      for (let kept = 0; kept < events.length - dialect.tail; kept += 1) {
        play(events.slice(0, kept));
        expect([kept, (await failureOf(call())).type]).toEqual([kept, 'model.invalid-answer']);
      }
    });

    it('that breaks in the middle is unreachable, and may have been billed', async () => {
      play(dialect.events(meant).slice(0, 3), 'reset');
      const failure = await failureOf(call());
      expect([failure.type, failure.hints]).toEqual(['model.unreachable', { sent: 'yes' }]);
    });

    it('is a success once the end was said, though the connection then breaks or hangs', async () => {
      for (const ending of ['reset', 'hang'] as const) {
        play(dialect.events(meant), ending);
        expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
        await bench().server.abandoned();
      }
    });

    it('is read past an event that is not of the answer', async () => {
      const events = [...dialect.events(meant)];
      events.splice(2, 0, ...dialect.harmless);
      play(events);
      expect(await call()).toMatchObject({ text: said, usage: dialect.usage ?? usage });
    });

    it('is no answer when the broken event held text, and the rest is not waited for', async () => {
      play([...dialect.events(meant).slice(0, 2), dialect.damaged], 'hang');
      expect((await failureOf(call())).type).toBe('model.invalid-answer');
      await bench().server.abandoned();
    });

    it.each(dialect.errorEvents)('that reports %s is the failure it names', async (_name, event, type) => {
      const events = dialect.events(meant);
      play([...events.slice(0, 3), event, ...events.slice(3)]);
      const failure = await failureOf(call());
      expect(failure.type).toBe(type);
      expect(JSON.stringify(failure) + failure.message).not.toContain('planted');
    });
  });

  describe('what is no answer at all', () => {
    const blank = (end: Meant['end']) => dialect.whole({ ...meant, words: [' \n'], end });
    const none: readonly (readonly [string, Script])[] = [
      ['an HTML page', { headers: html, chunks: ['<html>It works!</html>'] }],
      [
        'an HTML page that claims to be a stream',
        { headers: dialect.streamHeaders, chunks: ['<html>It works!</html>'] },
      ],
      ['an empty body', { chunks: [] }],
      ['no content', { status: 204 }],
      ['an empty object', { chunks: ['{}'] }],
      ['a list', { chunks: ['[1,2]'] }],
      ['half a JSON text', { chunks: [dialect.whole(meant).slice(0, -20)] }],
      ['blank text', { chunks: [blank('stop')] }],
      ['blank text at the token limit', { chunks: [blank('length')] }],
      ...dialect.nonAnswers.map(([name, body]) => [name, { chunks: [body] }] as const),
    ];
    it.each(none)('%s is model.invalid-answer', async (_name, script) => {
      for (const streaming of [true, false]) {
        bench().server.play(script);
        expect((await failureOf(call({ streaming }))).type).toBe('model.invalid-answer');
        onlyRequest();
      }
    });
  });
}
