import type { PipeEngine } from '../engine/engine.ts';
import type { Expected, UseCaseCard } from './use-case.ts';

/**
 * What of a use case did not come out as expected, one sentence each; empty when all of it did. `models: false` where
 * another endpoint stands in for all of them.
 */
export async function findDifferences(
  engine: Pick<PipeEngine, 'card' | 'runs' | 'emails'>,
  id: string,
  { expected }: UseCaseCard,
  { models = true }: { readonly models?: boolean } = {},
): Promise<readonly string[]> {
  const [card, runs, emails] = await Promise.all([engine.card(id), engine.runs(id), engine.emails(id)]);
  const answered = runs.map(({ behavior, outcome }) => {
    const by = outcome?.answeredBy;
    return by ? `${behavior} by ${models ? `${by.model}, ${by.layer}` : 'a model'}` : `${behavior} by nobody`;
  });
  const wanted = expected.runs.map(({ behavior, layer, model }) =>
    models ? `${behavior} by ${model}, ${layer}` : `${behavior} by a model`,
  );
  return [
    ...compare('the phase', card?.phase ?? 'none', expected.phase),
    ...compare('the runs', answered.join(' · '), wanted.join(' · ')),
    ...compare('the e-mails', emails.join(', '), expected.emails.join(', ')),
    ...Object.entries(expected.fields).flatMap(([field, value]) =>
      meets(card?.fields[field], value)
        ? []
        : [`field ${field} is ${show(card?.fields[field])}, expected ${show(value)}`],
    ),
  ];
}

function compare(what: string, actual: string, wanted: string): readonly string[] {
  return actual === wanted ? [] : [`${what}: ${actual || 'none'}, expected ${wanted || 'none'}`];
}

function meets(actual: unknown, expected: Expected): boolean {
  if (typeof expected !== 'object') return actual === expected;
  if (typeof actual !== 'string') return false;
  if ('contains' in expected) return actual.includes(expected.contains);
  if ('oneOf' in expected) return expected.oneOf.includes(actual);
  return actual.split('\n').filter((line) => line.trim() !== '').length >= expected.linesMin;
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
