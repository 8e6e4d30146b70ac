/** The typed client of the management API. Its types come from the routes' own schemas; nothing of them is loaded. */
import { createRequests, type ApiClientOptions } from './typed-client/requests.ts';
import {
  assignmentsGroup,
  credentialsGroup,
  dataClassesGroup,
  defaultModelGroup,
  modelsGroup,
  orgsGroup,
  policyGroup,
  providersGroup,
  rulesGroup,
} from './typed-client/registry-groups.ts';
import {
  attentionGroup,
  auditGroup,
  bindingsGroup,
  resolutionGroup,
  runsGroup,
  testsGroup,
  tokensGroup,
  usageGroup,
} from './typed-client/use-groups.ts';

export { ApiError } from './typed-client/api-error.ts';
export type { ApiErrorParts, ApiFault } from './typed-client/api-error.ts';
export type { ApiClientOptions, Read, WriteOptions, Written } from './typed-client/requests.ts';
export type { BehaviorPlace, RulesPlace } from './typed-client/registry-groups.ts';
export type { AuditQuery, ResolutionQuery, UsageQuery } from './typed-client/use-groups.ts';
export type { DryRun } from './written.ts';

/** One group per resource of the API. */
export interface ApiClient {
  readonly orgs: ReturnType<typeof orgsGroup>;
  readonly policy: ReturnType<typeof policyGroup>;
  readonly providers: ReturnType<typeof providersGroup>;
  readonly credentials: ReturnType<typeof credentialsGroup>;
  readonly models: ReturnType<typeof modelsGroup>;
  readonly defaultModel: ReturnType<typeof defaultModelGroup>;
  readonly assignments: ReturnType<typeof assignmentsGroup>;
  readonly rules: ReturnType<typeof rulesGroup>;
  readonly dataClasses: ReturnType<typeof dataClassesGroup>;
  readonly resolution: ReturnType<typeof resolutionGroup>;
  readonly runs: ReturnType<typeof runsGroup>;
  readonly usage: ReturnType<typeof usageGroup>;
  readonly attention: ReturnType<typeof attentionGroup>;
  readonly audit: ReturnType<typeof auditGroup>;
  readonly tokens: ReturnType<typeof tokensGroup>;
  readonly bindings: ReturnType<typeof bindingsGroup>;
  readonly tests: ReturnType<typeof testsGroup>;
}

/**
 * A client of the API at `url`. Reads come with the ETag that a change sends back as `ifMatch`; lists are async iterables
 * over all pages. Every method throws `ApiError`.
 *
 * ```ts
 * const api = createApiClient({ url: 'https://byom.example', token });
 * const { etag } = await api.models.get('acme', 'gpt-mini');
 * await api.models.disable('acme', 'gpt-mini', { ifMatch: etag ?? '*' });
 * ```
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const requests = createRequests(options);
  return {
    orgs: orgsGroup(requests),
    policy: policyGroup(requests),
    providers: providersGroup(requests),
    credentials: credentialsGroup(requests),
    models: modelsGroup(requests),
    defaultModel: defaultModelGroup(requests),
    assignments: assignmentsGroup(requests),
    rules: rulesGroup(requests),
    dataClasses: dataClassesGroup(requests),
    resolution: resolutionGroup(requests),
    runs: runsGroup(requests),
    usage: usageGroup(requests),
    attention: attentionGroup(requests),
    audit: auditGroup(requests),
    tokens: tokensGroup(requests),
    bindings: bindingsGroup(requests),
    tests: testsGroup(requests),
  };
}
