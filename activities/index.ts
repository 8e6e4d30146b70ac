import type { Activities, ProviderActivities } from '../contract/index.ts';
import { createAttention } from './attention.ts';
import type { OnAttention } from './attention.ts';
import { createCircuit } from './circuit.ts';
import type { Dependencies } from './dependencies.ts';
import { createInvokeModel } from './invoke-model.ts';
import { createOrganizationSlots } from './organization-slots.ts';
import { createRecordOutcome } from './record-outcome.ts';
import { createResolveModel } from './resolve-model.ts';
import { createTestProvider } from './test-provider.ts';

export { beatMs } from './heartbeat.ts';
export type { Attention, OnAttention } from './attention.ts';
export type { CreditsOf } from './dependencies.ts';
export { identifyClosed } from './identify-closed.ts';

/** What a worker needs so that it can serve runs. */
export interface ActivityOptions extends Pick<Dependencies, 'registry' | 'guard' | 'runKeys'> {
  readonly broker?: Dependencies['broker'];
  /** How many calls of one organization this worker makes at once. */
  readonly slotsPerOrganization: number;
  readonly creditsOf?: Dependencies['creditsOf'];
  /** Hears of faults that only an admin can mend, each once an hour. */
  readonly onAttention?: OnAttention;
}

/** The activities of a worker, bound to real things. A host may register them itself instead of using `ByomPlugin`. */
export function createActivities(options: ActivityOptions): Activities & ProviderActivities {
  const deps: Dependencies = {
    ...options,
    slots: createOrganizationSlots(options.slotsPerOrganization),
    circuit: createCircuit(),
    broker: options.broker ?? null,
    creditsOf: options.creditsOf ?? (() => null),
    attention: createAttention(options.onAttention ?? (() => {})),
  };
  return {
    resolveModel: createResolveModel(deps),
    invokeModel: createInvokeModel(deps),
    recordOutcome: createRecordOutcome(deps),
    testProvider: createTestProvider(deps),
  };
}
