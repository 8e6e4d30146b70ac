import { fills, givenText, gives, valueOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** What kind of message it is, how urgent, and whether a person's judgement is needed. */
export const classifyMessage: Rule = {
  fits: (prompt) => fills(prompt, 'type', 'urgency', 'complexity') && gives(prompt, 'customer tier'),
  decide(prompt) {
    const text = givenText(prompt);
    const type = kinds.find(([, words]) => words.test(text))?.[0] ?? 'How-to';
    const urgency = /\boutage|\bdown\b|urgent|\bsecond\b/i.test(text)
      ? 'High'
      : type === 'How-to'
        ? 'Low'
        : 'Normal';
    const complexity = /compensation|\bagain\b|\bsecond\b|refund|contract|exception/i.test(text)
      ? 'Complex'
      : 'Simple';
    return {
      values: { type, urgency, complexity },
      summary: `${type}, urgency ${urgency}, ${complexity.toLowerCase()}, from a customer of tier ${valueOf(prompt, 'customer tier')}.`,
    };
  },
};

/** Sends the template and closes the card, if that is what the message asks for. */
export const resolveReset: Rule = {
  fits: (prompt) =>
    /reset a password/i.test(prompt.instruction) &&
    (prompt.actions ?? []).some(({ actionType }) => actionType === 'send_email_template'),
  decide(prompt) {
    const act = /\breset\b[^.]*\bpassword|\bpassword\b[^.]*\breset/i.test(givenText(prompt));
    const summary = act
      ? 'The template for a new password was sent.'
      : 'The message asks for something else.';
    return { values: {}, summary, act };
  },
};

/** A reply in the tone of the tier, without a promise. */
export const draftReply: Rule = {
  fits: (prompt) => fills(prompt, 'reply') && gives(prompt, 'message', 'customer tier'),
  decide(prompt) {
    const tier = valueOf(prompt, 'customer tier');
    const opening = tier === 'Enterprise' ? 'Dear customer' : 'Hello';
    const care = tier === 'Enterprise' ? 'Your account team has been informed and will call you today. ' : '';
    const reply =
      `${opening}, thank you for your message: "${valueOf(prompt, 'message')}". We are sorry for the trouble. ` +
      `${care}We are looking into what happened and will tell you what we find.`;
    return { values: { reply }, summary: `Drafted a reply for a customer of tier ${tier}.` };
  },
};

const kinds = [
  ['Complaint', /outage|compensation|complain|refund|unacceptable|disappointed/i],
  ['How-to', /\bhow (?:do|can|to|should)\b|\breset\b/i],
  ['Billing', /invoice|\bbill|charge|payment/i],
  ['Bug', /\bbug\b|error|crash|broken|does not work/i],
] as const;
