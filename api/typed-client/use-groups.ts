import type { BehaviorRun } from '../../contract/index.ts';
import type { AttentionItemAnswer } from '../resources/attention.ts';
import type { AvailableModelsAnswer } from '../resources/available-models.ts';
import type { ProviderDraft, ProviderTestAnswer } from '../resources/provider-tests.ts';
import type { AuditEventAnswer, UsageAnswer } from '../resources/reports.ts';
import type { ModelOptionsAnswer, ResolutionAnswer } from '../resources/resolution.ts';
import type { RoleBindingAnswer, RoleBindingWrite } from '../resources/role-bindings.ts';
import type { RunAnswer, RunLineAnswer, RunListQuery } from '../resources/runs.ts';
import type { NewServiceToken, ServiceTokenAnswer, ServiceTokenWrite } from '../resources/service-tokens.ts';
import type { BehaviorPlace } from './registry-groups.ts';
import { at, type Requests, type WriteOptions } from './requests.ts';

export interface ResolutionQuery {
  /** The class that a run would bring along. */
  readonly dataClass?: string | undefined;
}

export function resolutionGroup({ read }: Requests) {
  const one = (org: string, { pipe, behavior }: BehaviorPlace) =>
    at`/v1/orgs/${org}/pipes/${pipe}/behaviors/${behavior}`;
  return {
    /** Which model would serve a Behavior now, and why. */
    get: (org: string, place: BehaviorPlace, query: ResolutionQuery = {}) =>
      read<ResolutionAnswer>(`${one(org, place)}/resolution`, { ...query }),
    /** What the dropdown of the Agent Builder shows. */
    options: (org: string, place: BehaviorPlace, query: ResolutionQuery = {}) =>
      read<ModelOptionsAnswer>(`${one(org, place)}/model-options`, { ...query }),
  };
}

export function runsGroup({ read, list, write }: Requests) {
  const one = (org: string, workflowId: string) => at`/v1/orgs/${org}/runs/${workflowId}`;
  return {
    /** Newest first; nothing of their content. */
    list: (org: string, query: RunListQuery = {}) => list<RunLineAnswer>(at`/v1/orgs/${org}/runs`, query),
    get: (org: string, workflowId: string) => read<RunAnswer>(one(org, workflowId)),
    /** A second start for the same event finds the first one; another run of the same event is `run-differs`. */
    start: (org: string, run: BehaviorRun) =>
      write<{ readonly workflowId: string }>('POST', at`/v1/orgs/${org}/runs`, { body: run }),
    abort: (org: string, workflowId: string, reason: string) =>
      write<{ readonly workflowId: string }>('POST', `${one(org, workflowId)}/abort`, { body: { reason } }),
  };
}

export interface UsageQuery {
  /** UTC days, `2026-01-31`; `to` is not in it any more. The last 30 days by default. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly model?: string | undefined;
  readonly pipe?: string | undefined;
}

export function usageGroup({ read }: Requests) {
  return {
    get: (org: string, query: UsageQuery = {}) => read<UsageAnswer>(at`/v1/orgs/${org}/usage`, { ...query }),
  };
}

export function attentionGroup({ read }: Requests) {
  return {
    get: (org: string) =>
      read<{ readonly items: readonly AttentionItemAnswer[] }>(at`/v1/orgs/${org}/attention`),
  };
}

export interface AuditQuery {
  readonly resource?: string | undefined;
  readonly actor?: string | undefined;
}

export function auditGroup({ list }: Requests) {
  return {
    /** Newest first. */
    list: (org: string, query: AuditQuery = {}) =>
      list<AuditEventAnswer>(at`/v1/orgs/${org}/audit-events`, { ...query }),
  };
}

export function tokensGroup({ read, list, write }: Requests) {
  const all = (org: string) => at`/v1/orgs/${org}/service-tokens`;
  return {
    /** Never the tokens themselves. */
    list: (org: string) => list<ServiceTokenAnswer>(all(org)),
    get: (org: string, token: string) => read<ServiceTokenAnswer>(`${all(org)}${at`/${token}`}`),
    /** The token stands in this answer alone. The same `idempotencyKey` twice makes one. */
    make: (
      org: string,
      body: ServiceTokenWrite,
      options: Pick<WriteOptions, 'dryRun'> & { readonly idempotencyKey?: string | undefined } = {},
    ) => write<NewServiceToken>('POST', all(org), { ...options, body }),
    revoke: (org: string, token: string, options: Pick<WriteOptions, 'dryRun'> = {}) =>
      write<never>('DELETE', `${all(org)}${at`/${token}`}`, options),
  };
}

export function bindingsGroup({ read, list, write }: Requests) {
  const one = (org: string, subject: string) => at`/v1/orgs/${org}/role-bindings/${subject}`;
  return {
    list: (org: string) => list<RoleBindingAnswer>(at`/v1/orgs/${org}/role-bindings`),
    /** `subject` is `<issuer>#<sub>`. */
    get: (org: string, subject: string) => read<RoleBindingAnswer>(one(org, subject)),
    put: (org: string, subject: string, body: RoleBindingWrite, options: WriteOptions = {}) =>
      write<RoleBindingAnswer>('PUT', one(org, subject), { ...options, body }),
    delete: (org: string, subject: string, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, subject), options),
  };
}

/** Tests are carried out by the workers: `get` says how far one has got. */
export function testsGroup({ read, write }: Requests) {
  const all = (org: string) => at`/v1/orgs/${org}/provider-tests`;
  const provider = (org: string, name: string) => at`/v1/orgs/${org}/providers/${name}`;
  return {
    /** Of a provider, with one of its models; while a test is under way, it is that one. */
    start: (
      org: string,
      name: string,
      { model, dryRun }: Pick<WriteOptions, 'dryRun'> & { readonly model?: string | undefined } = {},
    ) =>
      write<{ readonly testId: string }>('POST', `${provider(org, name)}/test`, { dryRun, query: { model } }),
    /** Of a provider before it is saved. */
    startDraft: (org: string, body: ProviderDraft, options: Pick<WriteOptions, 'dryRun'> = {}) =>
      write<{ readonly testId: string }>('POST', all(org), { ...options, body }),
    get: (org: string, test: string) => read<ProviderTestAnswer>(`${all(org)}${at`/${test}`}`),
    /** The vendor's own list; waits up to ten seconds for a worker to read it. */
    availableModels: (org: string, name: string) =>
      read<AvailableModelsAnswer>(`${provider(org, name)}/available-models`),
  };
}
