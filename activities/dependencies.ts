import type { RunKeys } from '../client/index.ts';
import type { OutcomeDraft } from '../contract/index.ts';
import type { ProviderTests, Registry } from '../registry/index.ts';
import type { CredentialBroker, ProbingGuard } from '../vendors/index.ts';
import type { OnAttention } from './attention.ts';
import type { OrganizationSlots } from './organization-slots.ts';
import type { Circuit } from './circuit.ts';

/** What the activities are bound to: real things, handed in once per worker. */
export interface Dependencies {
  readonly registry: Registry & ProviderTests;
  readonly guard: ProbingGuard;
  /** Lends what providers without secrets are called with; null: nothing is lent. */
  readonly broker: CredentialBroker | null;
  /** Null: unsigned runs are served. Whoever composes the worker decides whether that is allowed. */
  readonly runKeys: RunKeys | null;
  readonly slots: OrganizationSlots;
  readonly circuit: Circuit;
  readonly creditsOf: CreditsOf;
  readonly attention: OnAttention;
}

/**
 * The host's rule of what a run costs in credits, asked right before the outcome is recorded; at least once per run, the
 * latest answer counts. Null: nothing is counted.
 */
export type CreditsOf = (
  run: { readonly org: string; readonly workflowId: string },
  draft: OutcomeDraft,
) => Promise<number | null> | number | null;
