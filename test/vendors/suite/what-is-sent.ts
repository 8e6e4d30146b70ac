import { jsonPrompt, type Mode } from '../dialects/dialect.ts';
import { plantEnvironment } from '../planted-environment.ts';
import { meant, type Trial } from './trial.ts';

/** The request, in our words, and that nothing but what was registered shapes it. */
export function whatIsSent({ bench, call, dialect, onlyRequest, play }: Trial): void {
  describe('what is sent', () => {
    it('is one request with system, turns and the token limit, and never a temperature', async () => {
      play(dialect.events(meant));
      await call();
      const request = onlyRequest();
      expect(request.path).toBe(dialect.paths.streamed);
      expect(dialect.asked(request)).toEqual({
        model: dialect.upstreamId ?? 'some-model',
        streaming: true,
        maxTokens: 256,
        messages: [
          { role: 'system', text: 'You are a clerk.' },
          { role: 'user', text: 'planted prompt' },
          { role: 'assistant', text: '{' },
          { role: 'user', text: 'That was no JSON.' },
        ],
        format: 'none',
      });
      expect(JSON.stringify(request.body)).not.toMatch(/temperature/i);
    });

    it('asks for JSON in the mode it was told, and says nothing of it in mode prompt', async () => {
      for (const mode of Object.keys(dialect.formats) as Mode[]) {
        play(dialect.events(meant));
        await call({ prompt: jsonPrompt(mode) }).catch(() => {});
        expect([mode, dialect.asked(onlyRequest()).format]).toEqual([mode, dialect.formats[mode]]);
      }
    });

    it('asks for no stream where the server cannot', async () => {
      bench().server.play({ chunks: [dialect.whole(meant)] });
      await call({ streaming: false });
      expect(onlyRequest().path).toBe(dialect.paths.whole);
      expect(dialect.asked(onlyRequest()).streaming).toBe(false);
    });

    it('is the same whatever the environment of the worker says', async () => {
      play(dialect.events(meant));
      await call();
      const before = withoutTime(onlyRequest());
      const planted = await plantEnvironment();
      try {
        play(dialect.events(meant));
        await call();
        expect(withoutTime(onlyRequest())).toEqual(before);
        expect(JSON.stringify(onlyRequest())).not.toContain(planted.mark);
        expect(planted.visitors()).toBe(0);
      } finally {
        await planted.remove();
      }
    });
  });
}

/** Signatures and ids of a request change with the clock; what they are made of does not. */
function withoutTime({
  port,
  ...request
}: {
  readonly port: number | undefined;
  readonly headers: object;
}): object {
  void port;
  const changing =
    /^(authorization|date|x-date|x-amz-date|amz-sdk-invocation-id|opc-client-retries|opc-request-id)$/;
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    changing.test(name) ? withoutSignature(String(value)) : value,
  ]);
  return { ...request, headers: Object.fromEntries(headers) as object };
}

function withoutSignature(value: string): string {
  return value.startsWith('Bearer ')
    ? value
    : value.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{8,}|\d{6,}|signature="[^"]*"|.* GMT$/gi, '·');
}
