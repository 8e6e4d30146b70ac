import { normalLabel } from '../answering/plan-actions.ts';
import type { ValuesByLabel } from '../answering/plan-actions.ts';
import { PromptProblem } from '../answering/prompt-problem.ts';
import type { BehaviorPrompt } from '../answering/read-behavior.ts';

/** How one kind of Behavior is answered: whom it is for, and the values it finds in the prompt. */
export interface Rule {
  fits(prompt: BehaviorPrompt): boolean;
  decide(prompt: BehaviorPrompt): Decision;
}

export interface Decision {
  readonly values: ValuesByLabel;
  readonly summary: string;
  /** False: what the instruction makes its actions depend on is not the case. */
  readonly act?: boolean;
}

/** Whether the actions ask for all of these fields. */
export function fills(prompt: BehaviorPrompt, ...labels: readonly string[]): boolean {
  const wanted = new Set(
    (prompt.actions ?? []).flatMap(({ fields }) => fields.map(({ label }) => normalLabel(label))),
  );
  return labels.every((label) => wanted.has(label));
}

/** Whether the prompt gives all of these fields: without them it is another Behavior that asks for the same. */
export function gives(prompt: BehaviorPrompt, ...labels: readonly string[]): boolean {
  const given = new Set(prompt.fields.map(({ label }) => normalLabel(label)));
  return labels.every((label) => given.has(label));
}

/** Values that the prompt gives, all together: what a reader would have before their eyes. */
export function givenText(prompt: BehaviorPrompt): string {
  const values = prompt.fields.map(({ value }) => value).filter((value) => typeof value === 'string');
  return [...values, ...prompt.attachments.map(({ text }) => text)].join('\n');
}

/** The value of a field as text. Throws `PromptProblem` where the prompt does not give it. */
export function valueOf(prompt: BehaviorPrompt, label: string): string {
  const field = prompt.fields.find((one) => normalLabel(one.label) === label);
  if (field?.value === undefined || field.value === null || field.value === '') {
    throw new PromptProblem(`The value of field "${label}" is missing from the prompt.`);
  }
  return String(field.value);
}

/** All knowledge as one text. Throws `PromptProblem` where there is none: an answer without it would be made up. */
export function knowledgeOf(prompt: BehaviorPrompt, about: string): string {
  const text = prompt.knowledge.map((one) => one.text).join('\n');
  if (text.trim() === '')
    throw new PromptProblem(`The knowledge text "${about}" is missing from the prompt.`);
  return text;
}

/** The option that a text names; the first where it names none. */
export function optionNamedIn(prompt: BehaviorPrompt, label: string, text: string): string {
  const options = optionsOf(prompt, label);
  const named = options.find((option) => new RegExp(String.raw`\b${option}\b`, 'i').test(text));
  return named ?? options[0] ?? '';
}

export function optionsOf(prompt: BehaviorPrompt, label: string): readonly string[] {
  const wanted = (prompt.actions ?? []).flatMap(({ fields }) => fields);
  return wanted.find((field) => normalLabel(field.label) === label)?.options ?? [];
}

/** "14,280.00" and "14280" alike. */
export function toNumber(written: string): number {
  return Number(written.replaceAll(',', ''));
}

/** Sentences and listed lines, without their marks. */
export function sentencesOf(text: string): readonly string[] {
  return text
    .split(/(?<=[.!?;])\s+|\n+/)
    .map((sentence) => sentence.replace(/^[\s\d.)*-]+(?=\D)/, '').trim())
    .filter((sentence) => sentence !== '');
}
