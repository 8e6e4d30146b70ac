import type { FailureType } from './failure.ts';

/** What is tried of a provider, in this order. */
export const testStages = ['address', 'tls', 'auth', 'model', 'structured-output'] as const;
export type TestStageName = (typeof testStages)[number];

/** How one stage went. The words that explain it to people are the API's. */
export interface TestStage {
  readonly stage: TestStageName;
  /** `skipped`: an earlier one failed, or what was seen says nothing of it. */
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Milliseconds; null where nothing was measured, or where the time would tell of somebody's network. */
  readonly ms: number | null;
  readonly failure: FailureType | null;
}

/**
 * One test that somebody asked the API for. Ids only: what is tried stands in the test's row, which nobody but the API
 * writes, so access to Temporal alone sends nothing to an address of one's own.
 */
export interface ProviderTestRequest {
  readonly org: string;
  readonly test: string;
}

/** What the workflow of a test says to our workers. What it finds goes into the row, and never into a history. */
export interface ProviderActivities {
  /** Tries the provider, or asks it for its models, and writes down what it found. A finished test is left alone. */
  testProvider(request: ProviderTestRequest): Promise<void>;
}

export const providerTestType = 'byomProviderTest';
/** Sent with each start, so that a test that is asked for while the workflow is about to end is not lost. */
export const testAskedSignal = 'testAsked';

/** One workflow at a time for each thing that can be tested: a provider, its list of models, a draft. */
export function providerTestIdOf(org: string, ...subject: readonly string[]): string {
  return ['byom-provider-test', ...[org, ...subject].map((part) => encodeURIComponent(part))].join(':');
}
