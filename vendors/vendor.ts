import type { ZodType } from 'zod';
import type { VendorReply } from '../contract/index.ts';
import type { Guard, WellKnown } from './guard/guard.ts';

/**
 * One kind of LLM service. `defineVendor` in each vendor's file makes one, `index.ts` is the table, and everything else
 * (validation, documentation, the conformance suite) follows from these fields.
 */
export interface Vendor<Settings, Credential> {
  readonly settings: ZodType<Settings>;
  /** What a provider may be given: secrets, or an identity for which the operator's broker lends some. */
  readonly credential: ZodType;
  /** Of a checked credential: does it name an identity of the operator's instead of holding secrets? */
  isIdentity(credential: unknown): boolean;
  /** False where a provider that was never given a credential is served without one. */
  readonly needsCredential: boolean;
  /** The npm package this vendor needs and how to install it: named when it is missing. */
  readonly sdk: string;
  /** The origins a call may reach, token endpoints included; any other host is refused before DNS. */
  hosts(settings: Settings, wellKnown: WellKnown): readonly string[];
  /**
   * What a credential is bound to when it is sealed, so that a changed address cannot use the old key: for a typed URL
   * vendor, scheme, host, port and path prefix; for a derived host vendor and registered domain.
   */
  audience(settings: Settings): string;
  /** One request to the vendor, no retry. Throws `Failure` and nothing else, but for the reason of `signal`. */
  invoke(
    prompt: Prompt,
    endpoint: Endpoint<Settings, Credential>,
    control: CallControl,
  ): Promise<VendorReply>;
  /**
   * The vendor's own list of what can be called, 1,000 entries at most; absent where it has none. Costs nothing. Throws
   * like `invoke`.
   */
  listModels?(account: Account<Settings, Credential>, control: CallControl): Promise<readonly ListedModel[]>;
}

/** Whose list is asked for. */
export type Account<Settings, Credential> = Pick<Endpoint<Settings, Credential>, 'settings' | 'credential'>;

/** One model of a vendor's list. */
export interface ListedModel {
  readonly upstreamId: string;
  /** Where the vendor has a name that reads better. */
  readonly name?: string;
}

export interface Endpoint<Settings, Credential> {
  readonly settings: Settings;
  readonly credential: Credential | null;
  readonly upstreamId: string;
  readonly maxOutputTokens: number;
  readonly streaming: boolean;
  /** Overrides the vendor's own choice of field for the token limit. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens' | null;
}

/** What is sent, in no vendor's words. */
export interface Prompt {
  readonly system: string;
  readonly turns: readonly { readonly by: 'user' | 'model'; readonly text: string }[];
  readonly answer:
    | { readonly kind: 'text' }
    | {
        readonly kind: 'json';
        readonly schema: Readonly<Record<string, unknown>>;
        readonly mode: 'json_schema' | 'json_object' | 'prompt';
      };
}

/** Our limits on one call, and how the caller learns that it is alive. */
export interface CallControl {
  /** Aborted by a cancellation; its reason is rethrown as it is, never mapped to a failure of the vendor. */
  readonly signal: AbortSignal;
  readonly limits: { readonly firstTokenMs: number; readonly idleMs: number; readonly totalMs: number };
  readonly guard: Guard;
  onProgress(): void;
}

/** What a vendor's file gets in place of the guard: the way to the hosts it declared, and no other. */
export interface Reach extends Omit<CallControl, 'guard'> {
  /** `fetch` through the guard, to `hosts(settings)`. */
  readonly fetch: typeof globalThis.fetch;
  readonly wellKnown: WellKnown;
}

// One table holds vendors of many shapes; each parses its own settings and credential before it uses them.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyVendor = Vendor<any, any>;
