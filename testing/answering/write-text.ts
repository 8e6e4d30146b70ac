import type { BehaviorPrompt } from './read-behavior.ts';

/** Sixty words: what was read, then that nobody thought about it. Long enough for a stream to break in the middle. */
export function writeText(prompt: BehaviorPrompt | undefined, lastTurn: string): string {
  const read = prompt === undefined ? lastTurn : subjectOf(prompt);
  const words = ['In', 'short:', ...toWords(read).slice(0, 30)];
  const said = [...words, ...toWords(closing)].slice(0, wordsMax);
  while (said.length < wordsMax) said.push(...toWords(closing).slice(0, wordsMax - said.length));
  return said.join(' ');
}

const wordsMax = 60;

const closing =
  '(This text comes from a stand-in vendor on this machine. It was computed from the words of the prompt ' +
  'and no model was asked, so it says nothing that the prompt does not say.)';

/** What the instruction points at; without any field, the instruction. */
function subjectOf({ instruction, fields, attachments }: BehaviorPrompt): string {
  const values = fields.map(({ value }) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const texts = [...values, ...attachments.map(({ text }) => text)];
  return texts.length > 0 ? texts.join(' ') : instruction;
}

function toWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
