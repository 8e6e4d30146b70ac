import { randomUUID } from 'node:crypto';
import { workflowIdOf } from '../../contract/index.ts';
import type { Action, BehaviorRun } from '../../contract/index.ts';
import type { PipeDefinition } from '../../sandbox/engine/pipe-definition.ts';
import { registryOf, usualOrganization } from '../support/served.ts';
import type { Scenario } from './cells.ts';

/** The registry of all scenarios: an organization each, with routes of its own at the stand-in vendors. */
export const crashRegistry = registryOf({
  sound: usualOrganization.replace('p1:', 'p-sound:'),
  broken: usualOrganization.replace('p1:', 'p-broken:'),
});

/** At this vendor's route the assigned model is gone for good. */
export const brokenRoute = 'broken-own';

/** A pipe per organization. */
export const pipes: readonly PipeDefinition[] = ['sound', 'broken'].map(pipeOf);

export function pipeFor(scenario: Scenario): PipeDefinition {
  return pipes.find(({ org }) => org === orgs[scenario])!;
}

const orgs: Readonly<Record<Scenario, 'sound' | 'broken'>> = {
  success: 'sound',
  text: 'sound',
  compensation: 'sound',
  fallback: 'broken',
  failing: 'broken',
};

/** Its cards can go from the first phase to the second and nowhere else. */
function pipeOf(org: string): PipeDefinition {
  const phase = (name: string) => ({ id: `${org}-${name}`, name });
  return {
    org,
    id: `p-${org}`,
    name: 'Requests',
    phases: [phase('new'), phase('done'), phase('closed')],
    moves: { [`${org}-new`]: [`${org}-done`] },
    fields: [],
    agents: [],
  };
}

/** One run, and what tells its traces from those of others: in the prompt, and in the engine's tables. */
export interface CrashRun {
  readonly scenario: Scenario;
  readonly run: BehaviorRun;
  readonly workflowId: string;
  readonly mark: string;
  /** The model in whose call a crash is to come. */
  readonly model: string;
}

/** Writes a record, sends an e-mail and moves the card: done twice, each would show. A move to nowhere fails for good. */
export function crashRun(scenario: Scenario, card: string, engineTaskQueue: string): CrashRun {
  const org = orgs[scenario];
  const mark = `mark-${randomUUID()}`;
  const isText = scenario === 'text';
  const destinationPhaseId = `${org}-${scenario === 'compensation' ? 'closed' : 'done'}`;
  const actions: readonly Action[] = [
    {
      referenceId: 'a',
      actionType: 'create_table_record',
      name: 'Write a record',
      metadata: {
        tableId: mark,
        fieldsAttributes: [{ fieldId: '1', inputMode: 'fixed_value', value: 'x' }],
      },
    },
    {
      referenceId: 'b',
      actionType: 'send_email_template',
      name: 'Send an e-mail',
      metadata: { emailTemplateId: mark },
    },
    {
      referenceId: 'c',
      actionType: 'move_card',
      name: 'Move the card',
      metadata: { destinationPhaseId },
    },
  ];
  const run: BehaviorRun = {
    version: 1,
    org,
    pipe: `p-${org}`,
    engineTaskQueue,
    event: { id: randomUUID(), type: 'card_created' },
    behavior: {
      id: 'b1',
      name: scenario,
      answer: isText ? 'text' : 'plan',
      instruction: isText
        ? `Summarize the request ${mark}.`
        : `For ${mark} do %{action:a}, then %{action:b}, then %{action:c}.`,
      dataClass: null,
      knowledge: [],
      actions: isText ? [] : actions,
      ...(scenario === 'compensation' ? { onActionFailure: 'compensate' as const } : {}),
    },
    card: { id: card, title: 'A request', fields: [] },
  };
  const workflowId = workflowIdOf(org, run.behavior.id, run.event.id);
  return { scenario, run, workflowId, mark, model: scenario === 'fallback' ? 'platform/ai' : 'own' };
}
