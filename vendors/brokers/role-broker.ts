import type { BrokerAsk, CredentialBroker } from '../broker.ts';
import { misconfigured } from '../define-vendor.ts';
import type { AssumeRole, RoleAsk } from '../tokens/assume-role.ts';
import type { SessionKeys } from '../tokens/session-keys.ts';

export interface RoleBrokerOptions {
  readonly assumeRole: AssumeRole;
  /** Whose providers may name a role; `*`: everybody's. */
  readonly organizations: readonly string[] | '*';
}

/**
 * Lends the roles that organizations name (`{ roleArn }`) through AssumeRole, each with the ExternalId of the organization
 * that asks: a role that trusts one organization is refused to all others. Throws `model.misconfigured` for an organization
 * that is not listed and for any other identity, and what `assumeRole` throws.
 */
export function createRoleBroker({ assumeRole, organizations }: RoleBrokerOptions): CredentialBroker {
  const lend: CredentialBroker = async (ask, signal) => {
    if (organizations !== '*' && !organizations.includes(ask.org)) {
      throw misconfigured(
        'The operator lends no roles to this organization. Ask for it, or give the provider keys.',
      );
    }
    if (ask.vendor !== 'amazon-bedrock' || typeof ask.identity['roleArn'] !== 'string') {
      throw misconfigured(
        "The operator's broker lends roles of Amazon's only. Give the provider a credential of its own.",
      );
    }
    return assumeRole(roleOf(ask), signal);
  };
  return Object.assign(lend, {
    forget: (ask: BrokerAsk, refused: unknown) => assumeRole.forget(roleOf(ask), refused as SessionKeys),
  });
}

function roleOf({ org, provider, audience, identity, externalId }: BrokerAsk): RoleAsk {
  return { org, provider, audience, roleArn: String(identity['roleArn']), externalId };
}
