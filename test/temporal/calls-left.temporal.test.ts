import { startScriptedEngine } from '../support/scripted-engine.ts';
import type { ScriptedEngine } from '../support/scripted-engine.ts';
import { planRun, registryOf, serve, usualOrganization } from '../support/served.ts';
import type { Served } from '../support/served.ts';

let served: Served;
let engine: ScriptedEngine;

beforeAll(async () => {
  served = await serve();
  engine = await startScriptedEngine(`${served.taskQueue}-cards`);
  // Two calls in all: one for the assigned model, and one that is kept for the platform.
  const budget = usualOrganization.replace('budget: {', 'budget: { callsPerRound: 2,');
  await served.apply(registryOf({ acme: budget }));
});
afterEach(() => served.vendors.reset());
afterAll(async () => {
  await engine.close();
  await served.close();
});

test.each([
  ['an answer that does not fit', 'model.invalid-answer', { kind: 'invalid-answer' }],
  ['a mode that is refused', 'model.rejected', { kind: 'refuse-mode', modes: ['json_schema'] }],
] as const)(
  'after %s, with no call left for another try, the call that was kept for the platform is made: %s',
  async (_, failure, fault) => {
    served.vendors.fault('acme-own', fault);
    const ended = await served.run(planRun('acme', engine.taskQueue));
    expect(ended.status).toBe('completed');
    expect(ended.hops.map((hop) => [hop.model, hop.outcome, hop.failure, hop.calls])).toEqual([
      ['own', 'failed', failure, 1],
      ['platform/ai', 'answered', null, 1],
    ]);
  },
);
