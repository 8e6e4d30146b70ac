/** Postgres: which model may be called, what was called, and where data may go. */
export { createRegistry } from './create-registry.ts';
export type { OpenRegistry, RegistryOptions } from './create-registry.ts';
export type {
  BegunCall,
  CallLimits,
  CallResult,
  CallToBegin,
  CallToSettle,
  LostRun,
  ModelSupports,
  OpenCall,
  Question,
  RecordToKeep,
  Registry,
  RunIdentity,
  StructuredOutputMode,
} from './registry.ts';
export type { BegunTest, FoundByTest, ProviderTests } from './provider-tests.ts';

export { migrate } from './schema/migrate.ts';
export type { Migrated } from './schema/migrate.ts';
export { migrationSql } from './schema/migration-sql.ts';
export { migrationStatus } from './schema/migration-status.ts';
export type { MigrationStatus } from './schema/migration-status.ts';
export { checkIsolation } from './schema/check-isolation.ts';
export { schemaVersion } from './schema/version.ts';

export { OpenKeys, SealKeys, generateKeys, parseOpenKeys, parseSealKeys } from './secrets/key-ring.ts';
export { keysStatus } from './secrets/key-checks.ts';
export type { KeyStatus } from './secrets/key-checks.ts';

export { faultsIn } from './apply/faults-in.ts';
export { applyRegistry } from './apply/apply-registry.ts';
export type { Applied, ApplyOptions, VendorTable } from './apply/apply-registry.ts';
export { readRegistryFile } from './apply/read-registry-file.ts';
export type { ReadOptions } from './apply/read-registry-file.ts';
export {
  dataClassShape,
  modelName,
  modelShape,
  policyShape,
  providerShape,
  ruleShape,
} from './apply/registry-file.ts';
export type {
  AssignmentEntry,
  DataClassEntry,
  ModelEntry,
  OrganizationEntry,
  ProviderEntry,
  RegistryFile,
  RuleEntry,
} from './apply/registry-file.ts';

export { clampBudget, defaultBudget } from './policy/budget.ts';
export { judgeCall } from './policy/judge-call.ts';
export type { Judgement } from './policy/judge-call.ts';
export { retryDelayMs } from './policy/may-retry.ts';
export type { HopStanding } from './policy/may-retry.ts';
export { planCandidates } from './policy/plan-candidates.ts';
export type { Budget, CallCounts, ModelRow, PlanQuestion, PlanRows, PolicyRow } from './policy/rows.ts';

export { changeAs } from './management/change.ts';
export type { Change, Changed, ChangeOptions } from './management/change.ts';
export { deleteDataClass, listDataClasses, putDataClass, readDataClass } from './management/data-classes.ts';
export type { DataClass } from './management/data-classes.ts';
export {
  deleteModel,
  listModels,
  putModel,
  readModel,
  replaceModel,
  setModelEnabled,
} from './management/models.ts';
export type { Model, ModelValues } from './management/models.ts';
export {
  deleteProvider,
  listProviders,
  putProvider,
  readProvider,
  setProviderEnabled,
} from './management/providers.ts';
export type { Provider, ProviderFacts, ProviderValues } from './management/providers.ts';
export {
  askDraftTest,
  askProviderTest,
  readListedModels,
  readProviderTest,
} from './management/provider-tests.ts';
export type { AskedTest, Draft, ListedModels, ProviderTest } from './management/provider-tests.ts';
export { deleteCredential, putCredential, readCredential } from './management/credentials.ts';
export type { Credential, CredentialToSet } from './management/credentials.ts';
export { deleteDefaultModel, putDefaultModel, readDefaultModel } from './management/default-model.ts';
export type { DefaultModel } from './management/default-model.ts';
export {
  applyAssignments,
  deleteAssignment,
  putAssignment,
  readAssignment,
} from './management/assignments.ts';
export type { Assignment, AssignmentItem } from './management/assignments.ts';
export { deleteRules, putRules, readRules } from './management/rules.ts';
export type { Rules, RulesPlace } from './management/rules.ts';
export {
  listOrganizations,
  patchPolicy,
  putOrganization,
  readOrganization,
  readPolicy,
} from './management/organizations.ts';
export type { Organization, Policy } from './management/organizations.ts';
export { listAssignments } from './management/list-assignments.ts';
export type { AssignmentLine } from './management/list-assignments.ts';
export { readModelOptions, readResolution, toModelOptions, toResolution } from './management/resolution.ts';
export type { ModelOption, ModelOptions, Resolution } from './management/resolution.ts';
export { readUsage } from './management/usage.ts';
export type { UsageLine } from './management/usage.ts';
export { listAuditEvents } from './management/audit.ts';
export type { AuditEvent } from './management/audit.ts';
export { listRuns, outcomeOf, readRun, toRunLine } from './management/runs.ts';
export type { Attempt, FoundRun, RunFilter, RunLine } from './management/runs.ts';
export { readAttention } from './management/attention.ts';
export type { AttentionItem } from './management/attention.ts';
export { readDependents } from './management/dependents.ts';
export type { Dependents } from './management/dependents.ts';
export {
  listRoleBindings,
  putRoleBinding,
  deleteRoleBinding,
  readRoleBinding,
} from './management/role-bindings.ts';
export type { RoleBinding } from './management/role-bindings.ts';
export {
  listServiceTokens,
  makeServiceToken,
  readServiceToken,
  revokeServiceToken,
} from './management/service-tokens.ts';
export type { ServiceToken } from './management/service-tokens.ts';
export type { Repeatable } from './management/first-answer.ts';
export { pruneAudit } from './management/prune-audit.ts';
export { pruneRegistry } from './management/prune-registry.ts';
export type { PrunedCounts, PrunedOrganization, PruneRegistryOptions } from './management/prune-registry.ts';
export { readAuditHead, verifyAudit } from './management/verify-audit.ts';
export type { AuditFault, AuditHead, VerifiedAudit } from './management/verify-audit.ts';
export type { IfMatch } from './management/precondition.ts';
export { findPrincipal, readAs } from './management/read.ts';
export type { Identity, KnownPrincipal, OrgQuery } from './management/read.ts';
export { Refused } from './management/refused.ts';
export type { RefusalCode, RefusalDetails } from './management/refused.ts';
export { openDatabase } from './schema/open-database.ts';
