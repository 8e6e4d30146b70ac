import { governance } from './governance.ts';
import { itTriage } from './it-triage.ts';
import { onboarding } from './onboarding.ts';
import { procurement } from './procurement.ts';
import { supportRouting } from './support-routing.ts';
import type { UseCase } from './use-case.ts';

/** The five of the announcement, in its order. They expect what `sandbox/registry.yaml` registers. */
export const allUseCases: readonly UseCase[] = [
  itTriage,
  procurement,
  onboarding,
  supportRouting,
  governance,
];
