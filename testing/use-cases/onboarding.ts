import { fills, givenText, gives, knowledgeOf, optionNamedIn, valueOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** Who joins, as what, where and when. */
export const extractAdmission: Rule = {
  fits: (prompt) => fills(prompt, 'full name', 'role', 'department', 'start date'),
  decide(prompt) {
    const text = givenText(prompt);
    const name = /(\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)*) (?:joins|will join|starts|is joining)/u.exec(text);
    const fullName = name?.[1] ?? 'unknown';
    return {
      values: {
        'full name': fullName,
        role: optionNamedIn(prompt, 'role', text),
        department: optionNamedIn(prompt, 'department', text),
        'start date': /\b\d{4}-\d{2}-\d{2}\b/.exec(text)?.[0],
      },
      summary: `Admission data of ${fullName}.`,
    };
  },
};

/** What has to be ready on the first day. */
export const writeChecklist: Rule = {
  fits: (prompt) => fills(prompt, 'checklist') && gives(prompt, 'role', 'department', 'start date'),
  decide(prompt) {
    const role = valueOf(prompt, 'role');
    const lines = [
      'Laptop ordered and set up',
      'E-mail account created',
      `${accessOf[role] ?? 'Tool'} access granted`,
      `Introduction to ${valueOf(prompt, 'department')}`,
      `First day on ${valueOf(prompt, 'start date')}: welcome and tour`,
      'Contract and policies signed',
    ];
    return { values: { checklist: lines.join('\n') }, summary: `Checklist for a new ${role}.` };
  },
};

/** The clause of the policy that shares most with the question, or nobody's guess. */
export const answerFromPolicy: Rule = {
  fits: (prompt) =>
    fills(prompt, 'answer') && gives(prompt, 'question') && /\bpolicy\b/i.test(prompt.instruction),
  decide(prompt) {
    const clauses = knowledgeOf(prompt, 'policy')
      .split(/[,;.\n]+/)
      .map((clause) => clause.trim());
    const asked = tellingWords(valueOf(prompt, 'question'));
    const shared = (clause: string): number =>
      tellingWords(clause).filter((word) => asked.includes(word)).length;
    const best = clauses.reduce((one, other) => (shared(other) > shared(one) ? other : one), '');
    const answer = best === '' ? 'Please ask HR' : `The policy says: ${best}.`;
    return { values: { answer }, summary: answer };
  },
};

const accessOf: Readonly<Record<string, string>> = {
  Engineer: 'Repository access and build system',
  Sales: 'Customer database',
  Support: 'Ticket system',
};

const commonWords = new Set(
  'a an and are be can day days do does for how i in is it many may me much my of on per say take the to week what when which year you'.split(
    ' ',
  ),
);

function tellingWords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '' && !commonWords.has(word));
}
