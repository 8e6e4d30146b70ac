import { plausibleValue } from './plausible-value.ts';
import { reference } from './read-behavior.ts';
import type { BehaviorPrompt, OfferedAction, WantedField } from './read-behavior.ts';

/** Values by label, as a rule found them. */
export type ValuesByLabel = Readonly<Record<string, unknown>>;

interface PlannedCall {
  readonly referenceId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The calls that an instruction asks for, once the values are known: they decide its "if … else …". An instruction that
 * names no action gets the first one.
 */
export function planActions(prompt: BehaviorPrompt, values: ValuesByLabel): readonly PlannedCall[] {
  const { instruction, actions } = prompt;
  const offered = actions ?? [];
  const named = new RegExp(action).test(instruction);
  const called = named
    ? calledActions(instruction, Object.values(values))
    : offered.slice(0, 1).map(({ referenceId }) => referenceId);
  return called
    .flatMap((id) => offered.filter(({ referenceId }) => referenceId === id))
    .map((one) => callOf(one, values));
}

function callOf(action: OfferedAction, values: ValuesByLabel): PlannedCall {
  const fields = action.fields.map((field) => [field.id, valueFor(field, values)] as const);
  return { referenceId: action.referenceId, fields: Object.fromEntries(fields) };
}

/** Labels are written by people: `incident_type`, `Incident type`. */
export function normalLabel(label: string): string {
  return label
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}

function valueFor(field: WantedField, values: ValuesByLabel): unknown {
  return values[normalLabel(field.label)] ?? plausibleValue(field);
}

const action = String.raw`\[action ("(?:[^"\\]|\\.)*") "(?:[^"\\]|\\.)*"\]`;
const between = String.raw`[^.;[\]]*?`;
/** "If needs_rca is Yes, [action …]; otherwise [action …]": a condition, what follows from it, and what else. */
const branch = new RegExp(
  String.raw`\bif\b(${between})${action}(?:[^.[\]]*?\b(?:else|otherwise)\b${between}${action})?`,
  'gi',
);

function calledActions(instruction: string, values: readonly unknown[]): readonly string[] {
  const readable = instruction.replaceAll(reference, (whole, kind: string, _id: string, name: string) =>
    kind === 'field' ? String(JSON.parse(name)) : whole,
  );
  const decided = readable.replaceAll(
    branch,
    (_whole, condition: string, then: string, otherwise?: string) => {
      const chosen = holds(condition, values) ? then : otherwise;
      return chosen === undefined ? '' : `[action ${chosen} ""]`;
    },
  );
  return [...decided.matchAll(new RegExp(action, 'g'))].map(([, id = '""']) => String(JSON.parse(id)));
}

/** A condition holds where it names one of the values that were chosen. */
function holds(condition: string, values: readonly unknown[]): boolean {
  return values.some((value) => typeof value === 'string' && condition.split(/[^\w-]+/).includes(value));
}
