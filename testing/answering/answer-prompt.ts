import { extractAdmission, answerFromPolicy, writeChecklist } from '../use-cases/onboarding.ts';
import { categorizeRequest, rateRisk } from '../use-cases/governance.ts';
import { findRootCause, triageIncident } from '../use-cases/it-triage.ts';
import { checkPurchase, extractRequisition } from '../use-cases/procurement.ts';
import { classifyMessage, draftReply, resolveReset } from '../use-cases/support-routing.ts';
import type { Decision, Rule } from '../use-cases/rule.ts';
import type { WirePrompt } from '../wire/wire.ts';
import { planActions } from './plan-actions.ts';
import { plausibleJson } from './plausible-value.ts';
import { readBehavior } from './read-behavior.ts';
import type { BehaviorPrompt } from './read-behavior.ts';
import { writeText } from './write-text.ts';

const rules: readonly Rule[] = [
  triageIncident,
  findRootCause,
  extractRequisition,
  checkPurchase,
  extractAdmission,
  writeChecklist,
  answerFromPolicy,
  classifyMessage,
  resolveReset,
  draftReply,
  rateRisk,
  categorizeRequest,
];

/**
 * What a stand-in answers: computed from the prompt alone, so the same prompt has the same answer, and a prompt that
 * lacks something has none. Throws `PromptProblem`, which names what is missing.
 */
export function answerPrompt(prompt: WirePrompt): string {
  const said = prompt.turns.filter(({ by }) => by === 'user').map(({ text }) => text);
  const behavior = said.map(readBehavior).find((found) => found !== undefined);
  if (behavior?.actions) return JSON.stringify(planOf(behavior));
  // A tool that has to be called brings its schema along, though nothing holds a model to it.
  const hasSchema = Object.keys(prompt.schema ?? {}).length > 0;
  if (prompt.mode === 'json_schema' || (prompt.mode === 'json_object' && hasSchema)) {
    return JSON.stringify(plausibleJson(prompt.schema));
  }
  if (prompt.mode === 'json_object') return JSON.stringify({ ok: true });
  return writeText(behavior, said.at(-1) ?? '');
}

function planOf(prompt: BehaviorPrompt): object {
  const rule = rules.find((one) => one.fits(prompt));
  const { values, summary, act = true } = rule?.decide(prompt) ?? unruled;
  return { actionCalls: act ? planActions(prompt, values) : [], summary };
}

/** Still a valid plan: the actions that the instruction names, filled with what their fields take. */
const unruled: Decision = {
  values: {},
  summary: 'The sandbox knows no rule for this Behavior and made values up.',
};
