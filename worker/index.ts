/** The plugin for a Temporal worker, and its parts for hosts that compose a worker themselves. */
export { createActivities } from '../activities/index.ts';
export type { ActivityOptions, Attention, CreditsOf, OnAttention } from '../activities/index.ts';
export { ByomPlugin } from './byom-plugin.ts';
export type { ByomPluginOptions } from './byom-plugin.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
export { createAssumeRole, createRoleBroker, createTokenFileBroker } from '../vendors/index.ts';
export type {
  AssumeRole,
  AssumeRoleOptions,
  BrokerAsk,
  CredentialBroker,
  LentIdentity,
  RoleAsk,
  RoleBrokerOptions,
  SessionKeys,
  TokenFileBrokerOptions,
} from '../vendors/index.ts';
export type * from '../contract/index.ts';
