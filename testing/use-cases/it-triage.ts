import { fills, givenText, gives, knowledgeOf, sentencesOf, valueOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** Which kind of incident, how long it may take, and whether its cause must be found. */
export const triageIncident: Rule = {
  fits: (prompt) => fills(prompt, 'incident type', 'sla hours', 'needs rca'),
  decide(prompt) {
    const text = givenText(prompt);
    const type = incidentTypeOf(text);
    const hours = new RegExp(String.raw`\b${type}\W+(\d+)\s*h`, 'i').exec(prompt.instruction)?.[1] ?? '24';
    const needsRca = widelyFelt.test(withoutDenials(text)) ? 'Yes' : 'No';
    return {
      values: { 'incident type': type, 'sla hours': Number(hours), 'needs rca': needsRca },
      summary: `${type} incident, due in ${hours} hours, root cause analysis: ${needsRca}.`,
    };
  },
};

/** What most probably caused it, and the steps of the runbook. */
export const findRootCause: Rule = {
  fits: (prompt) =>
    fills(prompt, 'diagnosis', 'resolution path', 'confidence') && gives(prompt, 'title', 'affected system'),
  decide(prompt) {
    const runbook = knowledgeOf(prompt, 'runbook');
    const system = valueOf(prompt, 'affected system');
    const deployedAt = /(\d{1,2}:\d{2})\s+(?:deploy|release)/i.exec(givenText(prompt))?.[1];
    const cause = deployedAt === undefined ? 'The latest change' : `The ${deployedAt} deploy`;
    return {
      values: {
        diagnosis: `${cause} of ${system} is the most probable cause: ${valueOf(prompt, 'title')}.`,
        'resolution path': stepsOf(runbook)
          .map((step, index) => `${index + 1}. ${step}`)
          .join(' '),
        confidence: deployedAt === undefined ? 'Low' : 'High',
      },
      summary: `${cause} of ${system} is the most probable cause.`,
    };
  },
};

const words = {
  Hardware: /\b(?:laptop|keyboard|keys?|screen|monitor|printer|mouse|battery|dock|disk)\b/gi,
  Access: /\b(?:password|log ?in|locked|permissions?|access|account|vpn|role)\b/gi,
  Software: /\b(?:api|50\d|deploy|release|errors?|crash(?:es)?|bug|timeouts?|app|service)\b/gi,
};

function incidentTypeOf(text: string): keyof typeof words {
  const types = ['Hardware', 'Access', 'Software'] as const;
  const count = (type: keyof typeof words): number => text.match(words[type])?.length ?? 0;
  return types.reduce((best, type) => (count(type) > count(best) ? type : best));
}

const widelyFelt =
  /\b(?:several|many|multiple|all|other) (?:users|people|customers|colleagues)\b|\beveryone\b|\bproduction\b|\boutage\b|\breturns 50\d\b/i;

/** "Not a production system", "nobody else": what is denied is not the case. */
function withoutDenials(text: string): string {
  return text.replaceAll(/\b(?:not|no|nobody|none|only)\b[^.,;\n]*/gi, '');
}

/** What to do first, and what to compare with; a runbook that says neither is followed from its start. */
function stepsOf(runbook: string): readonly string[] {
  const steps = sentencesOf(runbook);
  const known = [/\broll back\b.*/i, /\bcompare\b.*/i].map(
    (step) => steps.map((sentence) => step.exec(sentence)?.[0]).find((found) => found !== undefined) ?? '',
  );
  const chosen = known.includes('') ? steps.slice(0, 3) : known;
  return chosen.map((step) => `${step.charAt(0).toUpperCase()}${step.slice(1).replace(/[.;,]?$/, '.')}`);
}
