import { fills, givenText, gives, knowledgeOf, optionNamedIn, toNumber, valueOf } from './rule.ts';
import type { Decision, Rule } from './rule.ts';

/** Supplier, amount, category and cost center, from the words of a requisition. */
export const extractRequisition: Rule = {
  fits: (prompt) => fills(prompt, 'supplier', 'amount', 'category', 'cost center'),
  decide(prompt) {
    const text = givenText(prompt);
    const supplier = /\bfrom ([A-Z][^,;\n]*?)(?=[,;\n]|\. |\.?$)/.exec(text)?.[1] ?? 'unknown';
    const amount = toNumber(/(?:EUR|USD|BRL|[€$])\s*(\d[\d,]*(?:\.\d+)?)/.exec(text)?.[1] ?? '0');
    const team = /\bfor the (\w+) team\b/.exec(text)?.[1] ?? text;
    const category = optionNamedIn(prompt, 'category', team);
    const costCenter = /\bcost cent(?:er|re):?\s+(\w+)/i.exec(text)?.[1] ?? 'unknown';
    return {
      values: { supplier, amount, category, 'cost center': costCenter },
      summary: `${category} order from ${supplier} over ${amount}.`,
    };
  },
};

/** A requisition against the purchasing policy: the first rule that it breaks decides. */
export const checkPurchase: Rule = {
  fits: (prompt) =>
    fills(prompt, 'compliance', 'compliance reason') &&
    gives(prompt, 'supplier', 'amount', 'category', 'cost center', 'requisition text'),
  decide(prompt) {
    const policy = knowledgeOf(prompt, 'Purchasing policy');
    const supplier = valueOf(prompt, 'supplier');
    const blocked = /blocked suppliers?[^:.]*:\s*([^.\n]+)/i.exec(policy)?.[1] ?? '';
    if (blocked.toLowerCase().includes(supplier.toLowerCase())) {
      return refuse(`${supplier} is a blocked supplier`);
    }
    const needed = quotesNeeded(policy);
    const given = quotesIn(valueOf(prompt, 'requisition text'));
    if (toNumber(valueOf(prompt, 'amount')) > needed.above && given < needed.count) {
      const above = needed.above.toLocaleString('en-US');
      return refuse(`Over ${above} needs ${toWord(needed.count)} quotes; ${toWord(given)} given`);
    }
    const start = /\bIT\b[^.]*cost cent(?:er|re)s?[^.]*start\w*\s+with\s+(\w+)/i.exec(policy)?.[1];
    const costCenter = valueOf(prompt, 'cost center');
    if (valueOf(prompt, 'category') === 'IT' && start !== undefined && !costCenter.startsWith(start)) {
      return refuse(`IT needs a cost center starting with ${start}; ${costCenter} given`);
    }
    const reason = 'No rule of the Purchasing policy stands against it';
    return { values: { compliance: 'Compliant', 'compliance reason': reason }, summary: `${reason}.` };
  },
};

function refuse(reason: string): Decision {
  return { values: { compliance: 'Non-compliant', 'compliance reason': reason }, summary: `${reason}.` };
}

/** "Three quotes over 10,000", in either order of the two numbers; without such a rule, none. */
function quotesNeeded(policy: string): { readonly count: number; readonly above: number } {
  const rule = /[^.\n]*\bquotes\b[^.\n]*/i.exec(policy)?.[0] ?? '';
  const count = /\b(two|three|four|five|[2-5])\b[^.\n]*?\bquotes\b/i.exec(rule)?.[1];
  const above = /\b(\d{1,3}(?:,\d{3})+|\d{4,})\b/.exec(rule)?.[1];
  return { count: toCount(count ?? 'zero'), above: toNumber(above ?? '0') };
}

/** A requisition is itself one offer. */
function quotesIn(requisition: string): number {
  return toCount(/\b(one|two|three|four|five|\d)\s+quotes?\b/i.exec(requisition)?.[1] ?? 'one');
}

const numerals = ['zero', 'one', 'two', 'three', 'four', 'five'];

function toCount(written: string): number {
  const place = numerals.indexOf(written.toLowerCase());
  return place === -1 ? Number(written) : place;
}

function toWord(count: number): string {
  return numerals[count] ?? String(count);
}
