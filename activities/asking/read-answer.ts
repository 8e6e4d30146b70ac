import { Failure, runLimits } from '../../contract/index.ts';
import type { Action, ActionCall, Answer, BehaviorRun, VendorReply } from '../../contract/index.ts';
import { inputsOf } from './action-inputs.ts';
import { callSchemaOf, envelopeSchema } from './answer-schema.ts';
import { copyTemplate } from './copy-template.ts';
import { findJson } from './find-json.ts';
import { mismatches } from './mismatches.ts';

/** What is wrong with an answer, worded for the model alone: it may quote the answer, so it enters no log and no error. */
export interface Complaint {
  readonly complaint: string;
}

/**
 * Reads what a model said. A text run takes it as it came; a plan is validated, and what the model was not asked for is
 * filled in. Throws `model.content-filtered` where the model declined to plan, and `model.invalid-answer` where a
 * repair cannot help: a plan cut by the token limit, or an answer too large to be kept.
 */
export function readAnswer(run: BehaviorRun, reply: VendorReply): Answer | Complaint {
  if (run.behavior.answer === 'text') {
    return withinLimits({ kind: 'text', text: reply.text, truncated: reply.finish === 'length' });
  }
  if (reply.finish === 'refusal') {
    throw new Failure('model.content-filtered', 'The model declined to answer.');
  }
  if (reply.finish === 'length') {
    throw new Failure(
      'model.invalid-answer',
      "The plan was cut by the token limit: raise the model's limits.maxOutputTokens.",
    );
  }
  const plan = readPlan(run, reply.text);
  return 'complaint' in plan ? plan : withinLimits(plan);
}

/** Throws where an input that we fill cannot be filled: before any model is called, because no answer would mend it. */
export function checkOwnInputs(run: BehaviorRun): void {
  for (const action of run.behavior.actions) fillIn(run, action, {});
}

function readPlan(run: BehaviorRun, text: string): Answer | Complaint {
  const found = findJson(text);
  if (found === undefined) return { complaint: 'There is no complete JSON object in it.' };
  const outside = mismatches(envelopeSchema, found);
  if (outside.length > 0) return complain(outside);

  const { actionCalls, summary } = found as { actionCalls: readonly ActionCall[]; summary: string };
  const actions = new Map(run.behavior.actions.map((action) => [action.referenceId, action]));
  const filled: ActionCall[] = [];
  const wrong: string[] = [];
  for (const [index, call] of actionCalls.entries()) {
    const action = actions.get(call.referenceId);
    if (action === undefined) {
      wrong.push(`/actionCalls/${index}/referenceId must be one of: ${[...actions.keys()].join(', ')}`);
      continue;
    }
    const inside = mismatches(callSchemaOf(run, action, 'checked'), call, `/actionCalls/${index}`);
    wrong.push(...inside);
    if (inside.length > 0) continue;
    filled.push({ referenceId: call.referenceId, fields: fillIn(run, action, call.fields) });
  }
  return wrong.length > 0 ? complain(wrong) : { kind: 'plan', actionCalls: filled, summary };
}

/** Every input of the action in the Behavior's order: the model's values, the fixed ones, the copied ones. */
function fillIn(run: BehaviorRun, action: Action, byModel: ActionCall['fields']): ActionCall['fields'] {
  const filled = inputsOf(run, action).map(({ key, inputMode, value }) => {
    if (inputMode === 'fill_with_ai') return [key, byModel[key]] as const;
    return [key, inputMode === 'copy_from' ? copyTemplate(run, String(value)) : value] as const;
  });
  return Object.fromEntries(filled);
}

// A model that errs everywhere needs no complete list to see it.
const complaintsMax = 10;

function complain(wrong: readonly string[]): Complaint {
  return { complaint: wrong.slice(0, complaintsMax).join('\n') };
}

/** An answer becomes a Temporal payload, and one that is too large would fail its task again and again. */
function withinLimits(answer: Answer): Answer {
  if (new TextEncoder().encode(JSON.stringify(answer)).length <= runLimits.jsonMaxBytes) return answer;
  throw new Failure(
    'model.invalid-answer',
    `The answer is larger than ${runLimits.jsonMaxBytes} bytes of JSON.`,
  );
}
