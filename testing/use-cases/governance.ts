import { fills, givenText, gives, optionsOf, valueOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** Credit risk by returned payments, explained in two sentences. */
export const rateRisk: Rule = {
  fits: (prompt) => fills(prompt, 'risk rating', 'risk note') && gives(prompt, 'statement text'),
  decide(prompt) {
    const statement = valueOf(prompt, 'statement text');
    const returned = returnedPayments(statement);
    const month = months.exec(statement)?.[0];
    const positive = !/\bnegative\b|\boverdrawn\b|balance[^.\n]*-\d/i.test(statement);
    const rating = !positive || returned > 3 ? 'High' : returned > 0 ? 'Medium' : 'Low';
    const payments = `${numerals[returned] ?? returned} returned payment${returned === 1 ? '' : 's'}`;
    const note = `${payments}${month === undefined ? '' : ` in ${month}`}. Balance ${positive ? 'positive' : 'negative'} since.`;
    return { values: { 'risk rating': rating, 'risk note': note }, summary: `${rating} risk.` };
  },
};

/** Supplies, repairs or travel. */
export const categorizeRequest: Rule = {
  fits: (prompt) => fills(prompt, 'category') && optionsOf(prompt, 'category').includes('Repairs'),
  decide(prompt) {
    const text = givenText(prompt);
    const category = /\bdoes not\b|broken|repair|leak|\bfix\b|door|defect/i.test(text)
      ? 'Repairs'
      : /flight|train|hotel|\btrip\b|travel/i.test(text)
        ? 'Travel'
        : 'Supplies';
    return { values: { category }, summary: `A request for ${category.toLowerCase()}.` };
  },
};

const numerals = ['No', 'One', 'Two', 'Three', 'Four', 'Five'];

const months =
  /\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b/;

/** A number that the statement gives, in words or digits; without one, the lines that tell of a return. */
function returnedPayments(statement: string): number {
  const said =
    /\b(no|one|two|three|four|five|\d+)\s+(?:returned\s+(?:payments?|debits?)|(?:payments?|direct debits?)\s+(?:were\s+|was\s+)?returned)/i.exec(
      statement,
    )?.[1];
  if (said === undefined) return statement.match(/\breturned\b/gi)?.length ?? 0;
  const place = numerals.findIndex((numeral) => numeral.toLowerCase() === said.toLowerCase());
  return place === -1 ? Number(said) : place;
}
