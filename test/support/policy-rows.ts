import type { ModelRow, PlanQuestion, PlanRows, PolicyRow } from '../../registry/policy/rows.ts';
import { defaultBudget } from '../../registry/policy/budget.ts';

/** Rows of a registry in which everything is fine; each test says what is not. */
export function policyRow(over: Partial<PolicyRow> = {}): PolicyRow {
  return {
    revision: '1',
    whenMissing: 'platform',
    onFailure: 'platform',
    onExhausted: 'fail',
    classes: [],
    unclassified: null,
    providers: null,
    budget: defaultBudget,
    ...over,
  };
}

export function modelRow(name: string, over: Partial<ModelRow> = {}): ModelRow {
  const ofPlatform = name.startsWith('platform/');
  return {
    ofPlatform,
    provider: `p-${name.replace('platform/', '')}`,
    model: name,
    vendor: 'custom',
    modelEnabled: true,
    providerEnabled: true,
    credential: 'active',
    contextTokens: 8_000,
    approvedFor: [],
    totalTimeoutMs: 600_000,
    ...over,
  };
}

export function planRows(over: Partial<PlanRows> = {}): PlanRows {
  return {
    policy: policyRow(),
    assigned: modelRow('assigned'),
    byDefault: modelRow('default'),
    platform: modelRow('platform/ai'),
    ordered: null,
    counts: { round: 0, byModel: {} },
    ...over,
  };
}

export function planQuestion(over: Partial<PlanQuestion> = {}): PlanQuestion {
  return { dataClass: null, hops: 0, tried: [], refused: [], roundMs: 0, order: null, ...over };
}
