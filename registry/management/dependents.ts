import { ofOrg, type OrgQuery } from './read.ts';

/** What chooses a model by name. */
export interface Dependents {
  readonly isDefault: boolean;
  readonly assignments: readonly {
    readonly pipe: string;
    readonly behavior: string;
    readonly revision: string;
  }[];
  /** How many there are; the list holds the first 100. */
  readonly assignmentCount: number;
  readonly defaultRevision: string | null;
}

/**
 * Who uses a model of this organization. The platform's models are also used by others; whoever runs the platform sees
 * how many organizations, and nothing else of them.
 */
export function readDependents(model: string): OrgQuery {
  return {
    sql: `select jsonb_build_object(
        'isDefault', exists (select from byom.default_models d where ${ofOrg('d')} and d.model_org = $2 and d.model_id = m.id),
        'defaultRevision', (select d.revision::text from byom.default_models d
          where ${ofOrg('d')} and d.model_org = $2 and d.model_id = m.id),
        'assignmentCount', (select count(*) from byom.assignments a
          where ${ofOrg('a')} and a.model_org = $2 and a.model_id = m.id),
        'assignments', (select coalesce(jsonb_agg(to_jsonb(one) order by one.pipe, one.behavior), '[]') from (
          select a.pipe_id as pipe, a.behavior_id as behavior, a.revision::text as revision from byom.assignments a
            where ${ofOrg('a')} and a.model_org = $2 and a.model_id = m.id
            order by a.pipe_id, a.behavior_id limit 100) one))
      from byom.models m where ${ofOrg('m')} and m.slug = $1->>'slug'`,
    args: { slug: model },
  };
}

export function isUsed({ isDefault, assignmentCount }: Dependents): boolean {
  return isDefault || assignmentCount > 0;
}

/** How many uses, in a sentence. */
export function toPlaces(uses: number): string {
  return uses === 1 ? 'one place' : `${uses} places`;
}

/** The dependents as a problem lists them. */
export function listDependents({ isDefault, assignments }: Dependents): readonly object[] {
  return [
    ...(isDefault ? [{ kind: 'default-model' }] : []),
    ...assignments.map(({ pipe, behavior }) => ({ kind: 'assignment', pipe, behavior })),
  ];
}

/** Requests that make room for the deletion of a model, ready to send (method, path, If-Match, body). */
export function resolutionsFor(
  org: string,
  model: { readonly slug: string; readonly revision: string },
  others: readonly string[],
): readonly object[] {
  const path = `/v1/orgs/${encodeURIComponent(org)}/models/${model.slug}`;
  const ifMatch = `"${model.revision}"`;
  return [
    { what: 'Switch it off and keep it.', method: 'POST', path: `${path}/disable`, ifMatch, body: null },
    ...others.slice(0, 5).map((other) => ({
      what: `Let ${other} take its place everywhere.`,
      method: 'POST',
      path: `${path}/replace`,
      ifMatch,
      body: { model: other },
    })),
    {
      what: 'Delete it, and let whatever used it fall to the default.',
      method: 'DELETE',
      path: `${path}?unassign=true`,
      ifMatch,
      body: null,
    },
  ];
}
