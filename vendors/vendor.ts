import type { ZodType } from 'zod';
import { Failure, type VendorReply } from '../contract/index.ts';
import type { Guard } from './guard/guard.ts';

/**
 * One kind of LLM service. `defineVendor` in each vendor's file makes one, `index.ts` is the table, and everything else
 * (validation, documentation, the conformance suite) follows from these fields.
 */
export interface Vendor<Settings, Credential> {
  readonly settings: ZodType<Settings>;
  readonly credential: ZodType<Credential>;
  /** False where a provider that was never given a credential is served without one. */
  readonly needsCredential: boolean;
  /** The npm package this vendor needs and how to install it: named when it is missing. */
  readonly sdk: string;
  /** The origins a call may reach; any other host is refused before DNS. */
  hosts(settings: Settings): readonly string[];
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

// One table holds vendors of many shapes; each parses its own settings and credential before it uses them.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyVendor = Vendor<any, any>;

/**
 * Makes a vendor of its parts. Its `invoke` then checks settings and credential before it uses them, because rows live
 * longer than schemas: `model.misconfigured` names the field that no longer fits.
 */
export function defineVendor<Settings, Credential>(
  vendor: Vendor<Settings, Credential>,
): Vendor<Settings, Credential> {
  return {
    ...vendor,
    invoke: async (prompt, endpoint, control) => {
      if (endpoint.credential === null && vendor.needsCredential) {
        throw new Failure('model.misconfigured', 'The provider has no credential. Set one.', { sent: 'no' });
      }
      const settings = read(vendor.settings, endpoint.settings, 'settings');
      const credential =
        endpoint.credential === null ? null : read(vendor.credential, endpoint.credential, 'credential');
      return vendor.invoke(prompt, { ...endpoint, settings, credential }, control);
    },
  };
}

/** Names the place of the fault and the rule, never the value: it may be a secret. */
function read<T>(schema: ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = [name, ...(issue?.path ?? [])].join('.');
  throw new Failure(
    'model.misconfigured',
    `The provider's ${field} does not fit (${issue?.code ?? 'invalid'}). Correct it and save the provider.`,
    { sent: 'no' },
  );
}
