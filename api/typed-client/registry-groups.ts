import type { AssignmentAnswer, AssignmentsApply } from '../resources/assignments.ts';
import type { CredentialAnswer, CredentialStored, CredentialWrite } from '../resources/credentials.ts';
import type { DataClassAnswer, DataClassWrite } from '../resources/data-classes.ts';
import type { DefaultModelAnswer } from '../resources/default-model.ts';
import type { DependentsAnswer, ModelAnswer, ModelWrite } from '../resources/models.ts';
import type {
  OrganizationAnswer,
  OrganizationWrite,
  PolicyAnswer,
  PolicyPatch,
} from '../resources/organizations.ts';
import type { ProviderAnswer, ProviderWrite } from '../resources/providers.ts';
import type { AssignmentLineAnswer } from '../resources/reports.ts';
import type { RulesAnswer, RulesWrite } from '../resources/rules.ts';
import { at, type Requests, type WriteOptions } from './requests.ts';

export function orgsGroup({ read, list, write }: Requests) {
  const one = (org: string) => at`/v1/orgs/${org}`;
  return {
    /** For whoever runs the platform. */
    list: () => list<OrganizationAnswer>('/v1/orgs'),
    get: (org: string) => read<OrganizationAnswer>(one(org)),
    put: (org: string, body: OrganizationWrite, options: WriteOptions = {}) =>
      write<OrganizationAnswer>('PUT', one(org), { ...options, body }),
  };
}

export function policyGroup({ read, write }: Requests) {
  const one = (org: string) => at`/v1/orgs/${org}/policy`;
  return {
    get: (org: string) => read<PolicyAnswer>(one(org)),
    /** Changes the settings that are named. */
    patch: (org: string, body: PolicyPatch, options: WriteOptions = {}) =>
      write<PolicyAnswer>('PATCH', one(org), { ...options, body }),
  };
}

export function providersGroup({ read, list, write }: Requests) {
  const one = (org: string, provider: string) => at`/v1/orgs/${org}/providers/${provider}`;
  const toggle =
    (word: string) =>
    (org: string, provider: string, options: WriteOptions = {}) =>
      write<ProviderAnswer>('POST', `${one(org, provider)}/${word}`, options);
  return {
    list: (org: string) => list<ProviderAnswer>(at`/v1/orgs/${org}/providers`),
    get: (org: string, provider: string) => read<ProviderAnswer>(one(org, provider)),
    put: (org: string, provider: string, body: ProviderWrite, options: WriteOptions = {}) =>
      write<ProviderAnswer>('PUT', one(org, provider), { ...options, body }),
    delete: (org: string, provider: string, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, provider), options),
    enable: toggle('enable'),
    disable: toggle('disable'),
  };
}

export function credentialsGroup({ read, write }: Requests) {
  const one = (org: string, provider: string) => at`/v1/orgs/${org}/providers/${provider}/credential`;
  return {
    /** What may be known of it, never the secret. */
    get: (org: string, provider: string) => read<CredentialAnswer>(one(org, provider)),
    /** With `compromised` the one before is wiped at once instead of serving as a spare. */
    put: (
      org: string,
      provider: string,
      body: CredentialWrite,
      { compromised, ...options }: WriteOptions & { readonly compromised?: boolean | undefined } = {},
    ) => write<CredentialStored>('PUT', one(org, provider), { ...options, body, query: { compromised } }),
    delete: (org: string, provider: string, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, provider), options),
  };
}

export function modelsGroup({ read, list, write }: Requests) {
  const one = (org: string, model: string) => at`/v1/orgs/${org}/models/${model}`;
  const toggle =
    (word: string) =>
    (org: string, model: string, options: WriteOptions = {}) =>
      write<ModelAnswer>('POST', `${one(org, model)}/${word}`, options);
  return {
    list: (org: string, query: { readonly provider?: string | undefined } = {}) =>
      list<ModelAnswer>(at`/v1/orgs/${org}/models`, query),
    get: (org: string, model: string) => read<ModelAnswer>(one(org, model)),
    put: (org: string, model: string, body: ModelWrite, options: WriteOptions = {}) =>
      write<ModelAnswer>('PUT', one(org, model), { ...options, body }),
    /** With `unassign` also one that is used: whatever uses it falls to the default. */
    delete: (
      org: string,
      model: string,
      { unassign, ...options }: WriteOptions & { readonly unassign?: boolean | undefined } = {},
    ) => write<never>('DELETE', one(org, model), { ...options, query: { unassign } }),
    enable: toggle('enable'),
    disable: toggle('disable'),
    /** What uses it. */
    dependents: (org: string, model: string) => read<DependentsAnswer>(`${one(org, model)}/dependents`),
    /** Another model takes its place, as default and in every assignment. */
    replace: (org: string, model: string, by: string, options: WriteOptions = {}) =>
      write<{ readonly moved: number }>('POST', `${one(org, model)}/replace`, {
        ...options,
        body: { model: by },
      }),
  };
}

export function defaultModelGroup({ read, write }: Requests) {
  const one = (org: string) => at`/v1/orgs/${org}/default-model`;
  return {
    get: (org: string) => read<DefaultModelAnswer>(one(org)),
    put: (org: string, model: string, options: WriteOptions = {}) =>
      write<DefaultModelAnswer>('PUT', one(org), { ...options, body: { model } }),
    delete: (org: string, options: WriteOptions = {}) => write<never>('DELETE', one(org), options),
  };
}

/** A Behavior, by the host's ids. */
export interface BehaviorPlace {
  readonly pipe: string;
  readonly behavior: string;
}

export function assignmentsGroup({ read, list, write }: Requests) {
  const one = (org: string, { pipe, behavior }: BehaviorPlace) =>
    at`/v1/orgs/${org}/pipes/${pipe}/behaviors/${behavior}/assignment`;
  return {
    /** Every one, with the model that answered last. */
    list: (
      org: string,
      query: { readonly model?: string | undefined; readonly pipe?: string | undefined } = {},
    ) => list<AssignmentLineAnswer>(at`/v1/orgs/${org}/assignments`, query),
    get: (org: string, place: BehaviorPlace) => read<AssignmentAnswer>(one(org, place)),
    put: (org: string, place: BehaviorPlace, model: string, options: WriteOptions = {}) =>
      write<AssignmentAnswer>('PUT', one(org, place), { ...options, body: { model } }),
    delete: (org: string, place: BehaviorPlace, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, place), options),
    /** Many of one pipe: all of them or none. */
    apply: (
      org: string,
      pipe: string,
      items: AssignmentsApply['items'],
      options: Pick<WriteOptions, 'dryRun'> = {},
    ) =>
      write<{ readonly changed: boolean }>('POST', at`/v1/orgs/${org}/pipes/${pipe}/assignments/apply`, {
        ...options,
        body: { items },
      }),
  };
}

/** A pipe, or with `behavior` one of its Behaviors. */
export interface RulesPlace {
  readonly pipe: string;
  readonly behavior?: string | null | undefined;
}

export function rulesGroup({ read, write }: Requests) {
  const one = (org: string, { pipe, behavior }: RulesPlace) =>
    behavior == null
      ? at`/v1/orgs/${org}/pipes/${pipe}/rules`
      : at`/v1/orgs/${org}/pipes/${pipe}/behaviors/${behavior}/rules`;
  return {
    get: (org: string, place: RulesPlace) => read<RulesAnswer>(one(org, place)),
    put: (org: string, place: RulesPlace, body: RulesWrite, options: WriteOptions = {}) =>
      write<RulesAnswer>('PUT', one(org, place), { ...options, body }),
    delete: (org: string, place: RulesPlace, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, place), options),
  };
}

export function dataClassesGroup({ read, list, write }: Requests) {
  const one = (org: string, dataClass: string) => at`/v1/orgs/${org}/data-classes/${dataClass}`;
  return {
    list: (org: string) => list<DataClassAnswer>(at`/v1/orgs/${org}/data-classes`),
    get: (org: string, dataClass: string) => read<DataClassAnswer>(one(org, dataClass)),
    put: (org: string, dataClass: string, body: DataClassWrite, options: WriteOptions = {}) =>
      write<DataClassAnswer>('PUT', one(org, dataClass), { ...options, body }),
    delete: (org: string, dataClass: string, options: WriteOptions = {}) =>
      write<never>('DELETE', one(org, dataClass), options),
  };
}
