import { setImmediate as tick } from 'node:timers/promises';
import { Failure, failures, type FailureType, type VendorReply } from '../../../contract/index.ts';
import { createGuard, type Guard } from '../../../vendors/index.ts';
import type { Bench } from '../calling.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { meant, said, type BadAnswer } from './bad-answer.ts';
import { isMadeOf } from './made-of.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

/** What has to follow from a failure, written down a second time (design section 4): is this model asked again, is another? */
const consequences: Partial<Record<FailureType, readonly [retry: string, fallback: string]>> = {
  'model.unauthorized': ['no', 'yes'],
  'model.forbidden': ['no', 'yes'],
  'model.not-found': ['no', 'yes'],
  'model.quota-exhausted': ['no', 'yes'],
  'model.rate-limited': ['yes', 'yes'],
  'model.overloaded': ['yes', 'yes'],
  'model.server-error': ['yes', 'yes'],
  'model.timed-out': ['once', 'yes'],
  'model.unreachable': ['yes', 'yes'],
  'model.rejected': ['no', 'yes'],
  'model.context-too-long': ['no', 'larger-window'],
  'model.content-filtered': ['no', 'no'],
  'model.invalid-answer': ['no', 'yes'],
  'model.unknown': ['once', 'yes'],
};

const patient = { firstTokenMs: 20_000, idleMs: 20_000, totalMs: 20_000 };
/** Only for those who fall silent. */
const short = { firstTokenMs: 200, idleMs: 200, totalMs: 20_000 };

/** Plays every bad answer, several at a time, and returns what came out otherwise than it must: nothing, where all is well. */
export async function misjudged(
  bench: Bench,
  dialect: Dialect,
  cases: readonly BadAnswer[],
): Promise<readonly string[]> {
  // The first call of all loads the SDK, which takes longer than some limits below.
  bench.server.play({ chunks: [dialect.whole(meant)] });
  await bench.call(dialect, { streaming: false });
  const waiting = [...cases];
  const wrong: string[] = [];
  const work = async (): Promise<void> => {
    const server = await startRawServer();
    const guards = new Map<number | undefined, Guard>();
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const guard = guards.get(one.maxBytes) ?? openGuard(one.maxBytes);
      guards.set(one.maxBytes, guard);
      const call = (url: string, limits: typeof patient): Promise<unknown> =>
        bench
          .call(dialect, { settings: dialect.settings(url), guard, limits, streaming: one.streaming })
          .catch((thrown: unknown) => thrown);
      const complaint = one.silent
        ? await complaintOfSilence(one, (url) => call(url, short))
        : await complaintOn(server, one, (url) =>
            call(url, { ...patient, idleMs: one.idleMs ?? patient.idleMs }),
          );
      if (complaint !== null) wrong.push(`${one.name}: ${complaint}`);
    }
    for (const guard of guards.values()) await guard.close();
    await server.close();
  };
  await Promise.all(Array.from({ length: 12 }, work));
  // A rejection that nobody handles shows a turn later, and fails the test.
  await tick();
  return wrong;
}

function openGuard(maxBytes: number | undefined): Guard {
  return createGuard({ allowedRanges: ['127.0.0.0/8'], ...(maxBytes === undefined ? {} : { maxBytes }) });
}

type Call = (url: string) => Promise<unknown>;

async function complaintOn(server: RawServer, one: BadAnswer, call: Call): Promise<string | null> {
  server.play(one.answer);
  const complaint = complaintOf(one, await call(server.url));
  if (complaint !== null) return complaint;
  // A limit that passes on a busy machine may forestall the request; nothing may repeat it.
  const { requests } = server;
  return requests() === 1 || (one.silent && requests() === 0) ? null : `${requests()} requests`;
}

/** On a server of its own, so that a request which comes late is not taken for one of the next case. */
async function complaintOfSilence(one: BadAnswer, call: Call): Promise<string | null> {
  const server = await startRawServer();
  try {
    return await complaintOn(server, one, call);
  } finally {
    await server.close();
  }
}

function complaintOf(one: BadAnswer, result: unknown): string | null {
  if (!(result instanceof Error)) return complaintOfReply(one, result as VendorReply);
  if (!(result instanceof Failure)) return `no failure of ours: ${result.name} ${result.message}`;
  const { type, hints } = result;
  if (!one.outcomes.includes(type)) return `${type}, not ${one.outcomes.join(' or ')}`;
  const [retry, fallback] = consequences[type] ?? ['unheard of', ''];
  const expected = [one.silent ? 'no' : retry, fallback];
  const got = [hints.retry === false ? 'no' : failures[type].retry, failures[type].fallback];
  if (String(got) !== String(expected)) return `${type} with ${String(got)}, not ${String(expected)}`;
  if (one.httpStatus !== undefined && hints.httpStatus !== one.httpStatus)
    return `status ${hints.httpStatus}`;
  if (hints.sent !== 'yes' && hints.sent !== 'maybe') return 'says that nothing was sent';
  if (result.cause !== undefined) return 'has a cause';
  if (/planted|mörning/i.test(JSON.stringify(result) + result.message)) return "repeats the vendor's words";
  return null;
}

function complaintOfReply(one: BadAnswer, { text, finish }: VendorReply): string | null {
  if (one.mayConsistOf !== undefined && isMadeOf(text, one.mayConsistOf)) return null;
  if (!one.outcomes.includes('answered')) return `answered ${JSON.stringify(text.slice(0, 60))}`;
  return text === said && finish === 'stop'
    ? null
    : `${finish} with another text: ${JSON.stringify(text.slice(0, 60))}`;
}
