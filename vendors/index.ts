import { Failure } from '../contract/index.ts';
import { amazonBedrock } from './amazon-bedrock.ts';
import { anthropic } from './anthropic.ts';
import { azureOpenai } from './azure-openai.ts';
import { custom } from './custom.ts';
import { googleVertexAi } from './google-vertex-ai.ts';
import { openai } from './openai.ts';
import { oracleOci } from './oracle-oci.ts';
import type { AnyVendor } from './vendor.ts';

export type { BrokerAsk, CredentialBroker } from './broker.ts';
export { createRoleBroker } from './brokers/role-broker.ts';
export type { RoleBrokerOptions } from './brokers/role-broker.ts';
export { createTokenFileBroker } from './brokers/token-file-broker.ts';
export type { LentIdentity, TokenFileBrokerOptions } from './brokers/token-file-broker.ts';
export { createGuard } from './guard/create-guard.ts';
export type { Guard, GuardOptions, ProbingGuard } from './guard/guard.ts';
export { createAssumeRole } from './tokens/assume-role.ts';
export type { AssumeRole, AssumeRoleOptions, RoleAsk } from './tokens/assume-role.ts';
export type { SessionKeys } from './tokens/session-keys.ts';
export type { AnyVendor, CallControl, ListedModel, Prompt } from './vendor.ts';

/** The vendors we can call, by the name under which providers are registered. A new one is a file and a line here. */
export const vendors = {
  openai,
  custom,
  anthropic,
  'azure-openai': azureOpenai,
  'google-vertex-ai': googleVertexAi,
  'amazon-bedrock': amazonBedrock,
  'oracle-oci': oracleOci,
} satisfies Record<string, AnyVendor>;

/** Throws `model.misconfigured` for a name that this version does not know: rows may be written by a newer one. */
export function vendorOf(name: string): AnyVendor {
  if (!Object.hasOwn(vendors, name)) {
    throw new Failure(
      'model.misconfigured',
      `This worker knows no vendor of that name, only ${Object.keys(vendors).join(', ')}.`,
      { sent: 'no' },
    );
  }
  return vendors[name as keyof typeof vendors];
}
