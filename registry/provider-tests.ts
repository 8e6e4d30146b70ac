import type { ProviderTestRequest, TestStage } from '../contract/index.ts';
import type { ModelSupports, OpenCall, StructuredOutputMode } from './registry.ts';

/** What workers see of the tests of providers. Both throw `registry.unavailable` when Postgres does not answer in time. */
export interface ProviderTests {
  /** Takes up a test that somebody is waiting for; null for one that is finished, given up or unknown. */
  beginTest(request: ProviderTestRequest): Promise<BegunTest | null>;
  /** Writes down what is known so far. With a `status` the test is finished, and a credential that came with it is wiped. */
  recordTest(found: FoundByTest): Promise<void>;
}

/** A provider to be tried, as it was when the test was asked for. */
export interface BegunTest {
  /** `models`: nothing is tried, the vendor's list is read. */
  readonly kind: 'provider' | 'draft' | 'models';
  readonly vendor: string;
  readonly settings: unknown;
  /** Null where no model is there to be called. */
  readonly upstreamId: string | null;
  readonly supports: Pick<ModelSupports, 'streaming' | 'maxTokensField'>;
  /** What an operator's broker has to know to lend an identity, but for the audience. */
  readonly provider: Omit<OpenCall['provider'], 'audience'>;
  /**
   * Opens the credential of the draft or of the provider for the audience that the settings themselves say, whatever the row
   * says; null where there is none for that. Throws `model.misconfigured`.
   */
  openCredential(audience: string): unknown;
}

export interface FoundByTest extends ProviderTestRequest {
  readonly stages: readonly TestStage[];
  /** Null while the test goes on. */
  readonly status: 'passed' | 'failed' | null;
  /** The address may not be reached: then nothing is kept that would tell of somebody's network, such as a time. */
  readonly blocked?: boolean;
  readonly structuredOutput?: StructuredOutputMode | null;
  readonly models?: readonly { readonly upstreamId: string; readonly name?: string }[] | null;
}
