import { z, type ZodType } from 'zod';
import { Failure, type VendorReply } from '../contract/index.ts';
import type { Account, CallControl, Endpoint, ListedModel, Prompt, Reach, Vendor } from './vendor.ts';

/** What a vendor's file says of its vendor. */
export interface VendorParts<Settings, Credential> extends Pick<
  Vendor<Settings, Credential>,
  'settings' | 'needsCredential' | 'sdk' | 'hosts' | 'audience'
> {
  /** The secrets that an admin may give. */
  readonly credential: ZodType<Credential>;
  /** Identities of the operator's that an admin may name in place of secrets (`{ workload: true }`). */
  readonly identity?: ZodType<object>;
  /** Short-lived secrets that only the operator's broker hands over, never an admin. */
  readonly lent?: ZodType<Credential>;
  /** One request through `reach`, no retry. */
  call(prompt: Prompt, endpoint: Endpoint<Settings, Credential>, reach: Reach): Promise<VendorReply>;
  /** The vendor's own list of models, where it has one. */
  listModels?(account: Account<Settings, Credential>, reach: Reach): Promise<readonly ListedModel[]>;
  /** The origins at which the list is kept, where they are not those of calls. */
  listHosts?(settings: Settings): readonly string[];
}

/**
 * Makes a vendor of its parts. Its `invoke` checks settings and credential before it uses them, because rows live longer
 * than schemas: `model.misconfigured` names the field that no longer fits. Its call reaches the declared hosts and no other.
 */
export function defineVendor<Settings, Credential>(
  parts: VendorParts<Settings, Credential>,
): Vendor<Settings, Credential> {
  const { settings, credential, identity, lent, call, listModels, listHosts, ...rest } = parts;
  const usable = lent === undefined ? credential : z.union([credential, lent]);
  function check<Asked extends Account<Settings, Credential>>(asked: Asked): Asked {
    if (asked.credential === null && parts.needsCredential) {
      throw misconfigured('The provider has no credential. Set one.');
    }
    if (identity?.safeParse(asked.credential).success === true) {
      throw misconfigured(
        'The provider names an identity of the operator, and this worker has no broker that lends it. Give the worker a broker, or the provider a credential.',
      );
    }
    return {
      ...asked,
      settings: read(settings, asked.settings, 'settings'),
      credential: asked.credential === null ? null : read(usable, asked.credential, 'credential'),
    };
  }
  const reachTo = (hosts: readonly string[], { guard, ...control }: CallControl): Reach => ({
    ...control,
    wellKnown: guard.wellKnown,
    fetch: guard.fetch(hosts),
  });
  return {
    ...rest,
    settings,
    credential: identity === undefined ? credential : z.union([credential, identity], { error: ofFirst }),
    isIdentity: (given) => identity?.safeParse(given).success === true,
    invoke: async (prompt, endpoint, control) => {
      const checked = check(endpoint);
      const hosts = parts.hosts(checked.settings, control.guard.wellKnown);
      return call(prompt, checked, reachTo(hosts, control));
    },
    ...(listModels === undefined
      ? {}
      : {
          listModels: async (account: Account<Settings, Credential>, control: CallControl) => {
            const checked = check(account);
            const hosts = parts.hosts(checked.settings, control.guard.wellKnown);
            return listModels(checked, reachTo(listHosts?.(checked.settings) ?? hosts, control));
          },
        }),
  };
}

/**
 * A union alone says "Invalid input". What its first member, the secrets, lacks, and where, is what an admin wants to know;
 * undefined where the fault is no union's.
 */
function firstFault(issue: object): z.core.$ZodIssue | undefined {
  return (issue as Partial<z.core.$ZodIssueInvalidUnion>).errors?.[0]?.[0];
}

function ofFirst(issue: object): string | undefined {
  const fault = firstFault(issue);
  return fault === undefined || fault.path.length === 0
    ? fault?.message
    : `${fault.path.join('.')}: ${fault.message}`;
}

/** Names the place of the fault and the rule, never the value: it may be a secret. */
function read<T>(schema: ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const fault = firstFault(first ?? {}) ?? first;
  const field = [name, ...(fault?.path ?? [])].join('.');
  throw misconfigured(
    `The provider's ${field} does not fit (${fault?.code ?? 'invalid'}). Correct it and save the provider.`,
  );
}

/** A fault of what was registered or set up, found before anything was sent. */
export function misconfigured(message: string): Failure {
  return new Failure('model.misconfigured', message, { sent: 'no' });
}
