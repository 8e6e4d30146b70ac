import type { CredentialBroker } from '../broker.ts';
import { misconfigured } from '../define-vendor.ts';
import type { AssumeRole } from '../tokens/assume-role.ts';

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
  return async ({ org, provider, vendor, audience, identity, externalId }, signal) => {
    if (organizations !== '*' && !organizations.includes(org)) {
      throw misconfigured(
        'The operator lends no roles to this organization. Ask for it, or give the provider keys.',
      );
    }
    const { roleArn } = identity;
    if (vendor !== 'amazon-bedrock' || typeof roleArn !== 'string') {
      throw misconfigured(
        "The operator's broker lends roles of Amazon's only. Give the provider a credential of its own.",
      );
    }
    return assumeRole({ org, provider, audience, roleArn, externalId }, signal);
  };
}
