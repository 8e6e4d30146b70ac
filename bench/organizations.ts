import { randomUUID } from 'node:crypto';
import type { BehaviorRun } from '../contract/index.ts';
import { readRegistryFile } from '../registry/index.ts';
import type { RegistryFile } from '../registry/index.ts';

/** Several, because a worker gives one organization a quarter of its slots: 25 of the 50 runs at once. */
export const organizations = ['bench-1', 'bench-2', 'bench-3', 'bench-4'] as const;
/** Its vendor falls silent in the middle of every answer. */
export const silentOrganization = 'bench-silent';
export const silentRoute = 'silent';
/** Its vendor hangs, for longer than anything is measured. */
export const noisyOrganization = 'bench-noisy';
export const noisyRoute = 'noisy';
export const textRoute = 'text';
export const apiKey = 'bench-key';

/** Each with a model of its own, a sealed credential, an assignment and a default; and the platform behind them. */
export function benchRegistry(vendorsOrigin: string): RegistryFile {
  const provider = (route: string) =>
    `{ vendor: custom, settings: { baseUrl: '${vendorsOrigin}/${route}/v1' }, credential: { apiKey: '\${env:BENCH_KEY}' } }`;
  const organization = (org: string, route: string, limits = '') => `
  ${org}:
    providers: { own: ${provider(route)} }
    models: { own: { provider: own, upstreamId: bench, price: { input: '0.15', output: '0.60' }${limits} } }
    default: own
    assignments: { p1: { b1: own } }`;
  const text = `version: 1
organizations:
  platform:
    providers: { ai: ${provider('platform')} }
    models: { ai: { provider: ai, upstreamId: ai } }
    default: ai
${organizations.map((org) => organization(org, textRoute)).join('')}
${organization(silentOrganization, silentRoute)}
${organization(noisyOrganization, noisyRoute, ', limits: { firstTokenTimeoutMs: 600000 }')}`;
  return readRegistryFile(text, { env: { BENCH_KEY: apiKey }, readFile: noFile, name: 'bench' });
}

function noFile(): never {
  throw new Error('The registry of the bench refers to no file.');
}

/** A text run of the usual size, with an event of its own. */
export function textRun(org: string): BehaviorRun {
  return {
    version: 1,
    org,
    pipe: 'p1',
    engineTaskQueue: 'nobody',
    event: { id: randomUUID(), type: 'card_created' },
    agent: { id: 'a1', name: 'Service desk agent' },
    behavior: {
      id: 'b1',
      name: 'Summarize the request',
      answer: 'text',
      agentInstruction: 'You are the assistant of a service desk. Answer briefly and in plain words.',
      dataClass: null,
      instruction: 'Summarize %{field:101} for whoever takes over. Mention %{field:102}.',
      knowledge: [
        { name: 'Priorities', text: 'Hardware faults of a whole team come before those of one person.' },
      ],
      actions: [],
    },
    card: {
      id: 'c1',
      title: 'Dead keys',
      fields: [
        {
          id: '101',
          label: 'description',
          type: 'long_text',
          value: 'The keyboard of my laptop has had dead keys since this morning. '.repeat(6),
        },
        { id: '102', label: 'team', type: 'short_text', value: 'Finance' },
      ],
    },
  };
}
