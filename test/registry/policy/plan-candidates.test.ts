import { planCandidates } from '../../../registry/policy/plan-candidates.ts';
import type { PlanRows } from '../../../registry/policy/rows.ts';
import type { FailureType, NextHop, TriedHop } from '../../../contract/index.ts';
import { modelRow, planQuestion, planRows, policyRow } from '../../support/policy-rows.ts';

const tried = (model: string, failure: FailureType, hop = 1): TriedHop => ({ hop, model, failure });

function summary(hop: NextHop): string {
  const skipped = hop.skipped.map((one) => `${one.model ?? '-'}:${one.reason}`).join(' ');
  switch (hop.next) {
    case 'call':
      return `call ${hop.candidate.layer} ${hop.candidate.model} (${hop.candidate.reason}) [${skipped}]`;
    case 'fail':
      return `fail ${hop.because} after ${hop.lastModelFailure ?? 'nobody'} [${skipped}]`;
    case 'wait':
    case 'park':
    case 'ran':
      return hop.next;
  }
}

const ask = (rows: Partial<PlanRows>, question = {}): string =>
  summary(planCandidates(planRows(rows), planQuestion(question)));

describe('the three layers', () => {
  test('the assigned model serves, else the default, else the platform', () => {
    expect(ask({})).toBe('call behavior assigned (assigned) []');
    expect(ask({ assigned: null })).toBe('call organization default (not-assigned) []');
    expect(ask({ assigned: null, byDefault: null })).toBe(
      'call platform platform/ai (nothing-configured) []',
    );
  });

  test('with nothing configured and whenMissing fail nobody serves, and each layer says why', () => {
    const policy = policyRow({ whenMissing: 'fail' });
    expect(ask({ assigned: null, byDefault: null, policy })).toBe(
      'fail policy.no-model after nobody [-:not-assigned -:no-default]',
    );
    expect(ask({ assigned: null, byDefault: null, platform: null })).toBe(
      'fail policy.no-model after nobody [-:not-assigned -:no-default -:nothing-configured]',
    );
  });

  test('an assigned model that failed leads straight to the platform by default', () => {
    expect(ask({}, { tried: [tried('assigned', 'model.overloaded')], hops: 1 })).toBe(
      'call platform platform/ai (after:model.overloaded) []',
    );
  });

  test('under cascade the default comes in between', () => {
    const policy = policyRow({ onFailure: 'cascade' });
    expect(ask({ policy }, { tried: [tried('assigned', 'model.overloaded')] })).toBe(
      'call organization default (after:model.overloaded) []',
    );
    const both = [tried('assigned', 'model.overloaded'), tried('default', 'model.not-found', 2)];
    expect(ask({ policy }, { tried: both })).toBe('call platform platform/ai (after:model.not-found) []');
  });

  test('under none nobody else is asked, and the run fails with the failure of the model', () => {
    const policy = policyRow({ onFailure: 'none' });
    expect(ask({ policy }, { tried: [tried('assigned', 'model.overloaded')] })).toBe(
      'fail model.overloaded after model.overloaded [default:on-failure-none platform/ai:on-failure-none]',
    );
  });

  test('a disabled assigned model is a failure and never the same as having none', () => {
    const assigned = modelRow('assigned', { modelEnabled: false });
    expect(ask({ assigned })).toBe('call platform platform/ai (model-disabled) [assigned:model-disabled]');
    expect(ask({ assigned, policy: policyRow({ onFailure: 'none' }) })).toBe(
      'fail policy.no-model after nobody [assigned:model-disabled default:on-failure-none platform/ai:on-failure-none]',
    );
  });

  test('a platform model may be assigned by name, and is not asked twice', () => {
    const assigned = modelRow('platform/ai');
    expect(ask({ assigned })).toBe('call behavior platform/ai (assigned) []');
    expect(ask({ assigned }, { tried: [tried('platform/ai', 'model.overloaded')] })).toBe(
      'fail model.overloaded after model.overloaded [platform/ai:already-tried]',
    );
  });

  test('with nothing left the last failure of a model is the failure of the run', () => {
    const both = [tried('assigned', 'model.overloaded'), tried('platform/ai', 'model.unauthorized', 2)];
    expect(ask({}, { tried: both })).toBe('fail model.unauthorized after model.unauthorized []');
  });
});

describe('boundaries', () => {
  const financial = policyRow({ classes: ['financial'] });
  const approved = { approvedFor: ['financial'] };

  test('data of a class goes only where the class is approved, and a refusal outranks the failure of a model', () => {
    const assigned = modelRow('assigned', approved);
    expect(ask({ assigned, policy: financial })).toBe('call behavior assigned (assigned) []');
    expect(ask({ assigned, policy: financial }, { tried: [tried('assigned', 'model.overloaded')] })).toBe(
      'fail policy.forbidden after model.overloaded [platform/ai:not-approved-for:financial]',
    );
  });

  test('a boundary is named before onFailure none', () => {
    const rows = {
      assigned: modelRow('assigned', approved),
      policy: { ...financial, onFailure: 'none' as const },
    };
    expect(ask(rows, { tried: [tried('assigned', 'model.overloaded')] })).toBe(
      'fail policy.forbidden after model.overloaded [default:not-approved-for:financial platform/ai:not-approved-for:financial]',
    );
  });

  test('the class of the run and the classes of the rules are united', () => {
    const assigned = modelRow('assigned', approved);
    expect(ask({ assigned, policy: financial }, { dataClass: 'medical' })).toBe(
      'fail policy.forbidden after nobody [assigned:not-approved-for:medical platform/ai:not-approved-for:medical]',
    );
  });

  test('a run without any class has the one the organization names', () => {
    const policy = policyRow({ unclassified: 'general' });
    expect(ask({ policy, assigned: modelRow('assigned', { approvedFor: ['general'] }) })).toContain(
      'call behavior',
    );
    expect(ask({ policy })).toContain('policy.forbidden');
  });

  test('a list of providers closes everybody else out, the platform too', () => {
    const policy = policyRow({ providers: ['p-assigned'] });
    expect(ask({ policy })).toBe('call behavior assigned (assigned) []');
    expect(ask({ policy }, { tried: [tried('assigned', 'model.overloaded')] })).toBe(
      'fail policy.forbidden after model.overloaded [platform/ai:provider-not-allowed]',
    );
    expect(ask({ policy: policyRow({ providers: ['platform'] }) })).toBe(
      'call platform platform/ai (provider-not-allowed) [assigned:provider-not-allowed]',
    );
  });
});

describe('what a failure leads to', () => {
  test('a content filter ends the run: nobody shops for a laxer model', () => {
    expect(ask({}, { tried: [tried('assigned', 'model.content-filtered')] })).toContain(
      'fail model.content-filtered',
    );
  });

  test('a prompt that was too long goes only to a model with a larger window', () => {
    const question = { tried: [tried('assigned', 'model.context-too-long')] };
    expect(ask({}, question)).toBe(
      'fail model.context-too-long after model.context-too-long [platform/ai:window-not-larger]',
    );
    expect(ask({ platform: modelRow('platform/ai', { contextTokens: 9_000 }) }, question)).toContain(
      'call platform',
    );
    expect(ask({ platform: modelRow('platform/ai', { contextTokens: null }) }, question)).toContain('fail');
  });

  test('a lost worker blames no model: the same one is asked again under the same hop number', () => {
    const hop = planCandidates(
      planRows(),
      planQuestion({ tried: [tried('assigned', 'worker.lost')], hops: 1 }),
    );
    expect(hop).toMatchObject({ next: 'call', hop: 1, candidate: { model: 'assigned', reason: 'assigned' } });
  });

  test('a model that follows another gets the next hop number', () => {
    const hop = planCandidates(
      planRows(),
      planQuestion({ tried: [tried('assigned', 'model.overloaded')], hops: 1 }),
    );
    expect(hop).toMatchObject({ next: 'call', hop: 2 });
  });

  test('a used-up budget ends the run and never leads to somebody else', () => {
    expect(ask({}, { tried: [tried('assigned', 'budget.exhausted')] })).toContain('fail budget.exhausted');
    expect(ask({ counts: { round: 4, byModel: { assigned: 4 } } })).toContain('fail budget.exhausted');
    expect(ask({}, { roundMs: 30 * 60_000 })).toContain('fail budget.exhausted');
  });

  test('each permitted layer still to come keeps a call for itself', () => {
    const policy = policyRow({ onFailure: 'cascade' });
    const counts = { round: 3, byModel: { assigned: 2 } };
    expect(ask({ policy, counts })).toContain('fail budget.exhausted');
    expect(ask({ policy, counts: { round: 2, byModel: { assigned: 2 } } })).toContain('call behavior');
  });

  test('three refusals in one round end the run for the reason of the refusals', () => {
    const refusal = { layer: 'behavior', model: 'assigned', reason: 'credential-revoked' } as const;
    expect(ask({}, { refused: [refusal, refusal] })).toContain('call behavior');
    expect(ask({}, { refused: [refusal, refusal, refusal] })).toContain('fail model.misconfigured');
  });
});

describe('an explicit order', () => {
  const order = { model: 'special', by: 'ana' };

  test('names one model, whatever onFailure says, and nobody else follows', () => {
    const rows = { ordered: modelRow('special'), policy: policyRow({ onFailure: 'none' }) };
    expect(ask(rows, { order })).toBe('call organization special (ordered-by:ana) []');
    expect(ask(rows, { order, tried: [tried('special', 'model.overloaded')] })).toContain(
      'fail model.overloaded',
    );
  });

  test('does not cross a boundary', () => {
    const rows = { ordered: modelRow('special'), policy: policyRow({ classes: ['financial'] }) };
    expect(ask(rows, { order })).toBe(
      'fail policy.forbidden after nobody [special:not-approved-for:financial]',
    );
  });
});
