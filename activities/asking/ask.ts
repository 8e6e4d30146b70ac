import { Failure } from '../../contract/index.ts';
import type { Answer, BehaviorRun, Usage, VendorReply } from '../../contract/index.ts';
import type { Prompt } from '../../vendors/index.ts';
import { promptOf, repairOf } from './prompt.ts';
import type { AnswerMode } from './prompt.ts';
import { checkOwnInputs, readAnswer } from './read-answer.ts';

/** One call that is to be made, with all that its maker needs to settle it. */
export interface Ask {
  readonly prompt: Prompt;
  readonly purpose: 'answer' | 'repair' | 'mode';
  /**
   * To be asked before the call is settled, so that the ledger knows whether the answer is of use. Throws a `Failure`
   * where neither this answer nor a repair of it is: then the call failed.
   */
  judge(reply: VendorReply): Judged;
}

type Judged =
  | { readonly valid: true; readonly answer: Answer }
  | { readonly valid: false; readonly complaint: string };

/** What came of one call. */
export interface Called {
  readonly reply: VendorReply;
  readonly judged: Judged;
}

export interface Asked {
  readonly answer: Answer;
  readonly usage: Usage | null;
}

/**
 * Asks one model until it answers validly: in the next mode where the server refused one, and once more with the
 * complaint where the answer does not fit. `earlier` is an invalid answer that was paid for already; its repair comes
 * first. Throws `model.invalid-answer` when the repair does not fit either, and whatever `call` throws.
 */
export async function askUntilValid(
  run: BehaviorRun,
  modes: readonly AnswerMode[],
  call: (ask: Ask) => Promise<Called>,
  earlier: VendorReply | null = null,
): Promise<Asked> {
  checkOwnInputs(run);
  const judge = (reply: VendorReply): Judged => judgeReply(run, reply);
  let [mode = 'prompt', ...otherModes] = modes;
  let usage: Usage | null = null;

  async function ask(purpose: Ask['purpose'], promptIn: (mode: AnswerMode) => Prompt): Promise<Called> {
    try {
      const called = await call({ prompt: promptIn(mode), purpose, judge });
      usage = addUsage(usage, called.reply.usage);
      return called;
    } catch (error) {
      const [next, ...others] = otherModes;
      if (!refusedMode(error) || next === undefined) throw error;
      [mode, otherModes] = [next, others];
      return ask('mode', promptIn);
    }
  }

  const first =
    earlier === null
      ? await ask('answer', (one) => promptOf(run, one))
      : { reply: earlier, judged: judge(earlier) };
  if (first.judged.valid) return { answer: first.judged.answer, usage };

  const { complaint } = first.judged;
  const second = await ask('repair', (one) => repairOf(promptOf(run, one), first.reply, complaint));
  if (second.judged.valid) return { answer: second.judged.answer, usage };
  throw new Failure('model.invalid-answer', 'The repaired answer does not fit either.');
}

function judgeReply(run: BehaviorRun, reply: VendorReply): Judged {
  const read = readAnswer(run, reply);
  return 'complaint' in read ? { valid: false, complaint: read.complaint } : { valid: true, answer: read };
}

function refusedMode(error: unknown): boolean {
  return error instanceof Failure && error.hints.refusedMode === true;
}

/** Sums of two calls. What no call reported stays unknown; it never becomes zero. */
function addUsage(one: Usage | null, other: Usage | null): Usage | null {
  if (one === null || other === null) return one ?? other;
  const add = (count: keyof Usage): number | null =>
    one[count] === null && other[count] === null ? null : (one[count] ?? 0) + (other[count] ?? 0);
  return {
    inputTokens: add('inputTokens'),
    outputTokens: add('outputTokens'),
    cachedInputTokens: add('cachedInputTokens'),
    reasoningTokens: add('reasoningTokens'),
  };
}
