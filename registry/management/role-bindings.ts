import type { Knex } from 'knex';
import { isDeepStrictEqual } from 'node:util';
import { changeAs, type Changed, type ChangeOptions } from './change.ts';
import { permitPut, requireMatch, type IfMatch } from './precondition.ts';
import { findOne, ofOrg, type OrgQuery } from './read.ts';
import { Refused } from './refused.ts';

/** What somebody is allowed to be here, by the subject of the JWTs he comes with: `issuer#sub`. */
export interface RoleBinding {
  readonly subject: string;
  readonly role: string;
  readonly pipes: readonly string[] | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly revision: string;
}

const columns = `jsonb_build_object('subject', b.subject, 'role', b.role, 'pipes', to_jsonb(b.pipes),
  'createdAt', b.created_at, 'createdBy', b.created_by, 'revision', b.revision::text)`;

export function readRoleBinding(subject: string): OrgQuery {
  return {
    sql: `select ${columns} from byom.role_bindings b where ${ofOrg('b')} and b.subject = $1->>'subject'`,
    args: { subject },
  };
}

/** By subject, after `after`; one more than `limit`. */
export function listRoleBindings(page: { readonly after: string; readonly limit: number }): OrgQuery {
  return {
    sql: `select coalesce(jsonb_agg(one order by subject), '[]') from (
      select ${columns} as one, b.subject from byom.role_bindings b
        where ${ofOrg('b')} and b.subject > $1->>'after' order by b.subject limit ($1->>'limit')::int + 1) found`,
    args: page,
  };
}

export interface RoleToBind {
  readonly role: string;
  /** Sorted, each once. */
  readonly pipes: readonly string[] | null;
}

export interface BoundRole {
  readonly current: RoleBinding | null;
  /** No binding makes anybody an org-admin here any more. */
  readonly lastAdminGone: boolean;
}

export async function putRoleBinding(
  database: Knex,
  options: ChangeOptions,
  subject: string,
  { role, pipes }: RoleToBind,
  ifMatch: IfMatch,
): Promise<Changed<BoundRole & { readonly written: RoleBinding }>> {
  return changeAs(database, options, async (transaction) => {
    const { org, actor } = options;
    const current = await find(transaction, org, subject);
    const before = current && told(current);
    const after = told({ role, pipes });
    permitPut(current, ifMatch, isDeepStrictEqual(before, after));
    const key = { org_id: org, subject };
    const values = { role, pipes: pipes && [...pipes] };
    const rows = transaction('byom.role_bindings');
    if (current === null) await rows.insert({ ...key, ...values, created_by: actor });
    else if (!isDeepStrictEqual(before, after)) await rows.where(key).update(values);
    return {
      action: 'role-binding.put',
      resource: resourceOf(subject),
      before,
      after,
      result: {
        current,
        written: (await find(transaction, org, subject)) as RoleBinding,
        lastAdminGone: await isLastAdminGone(transaction, org, current),
      },
    };
  });
}

/** Whoever came with this subject is nobody here from the commit on. */
export async function deleteRoleBinding(
  database: Knex,
  options: ChangeOptions,
  subject: string,
  ifMatch: IfMatch,
): Promise<Changed<BoundRole>> {
  return changeAs(database, options, async (transaction) => {
    const { org } = options;
    const current = await find(transaction, org, subject);
    if (current === null) throw new Refused('not-found', 'This subject has no role here.');
    requireMatch(current, ifMatch);
    await transaction('byom.role_bindings').where({ org_id: org, subject }).delete();
    return {
      action: 'role-binding.delete',
      resource: resourceOf(subject),
      before: told(current),
      after: null,
      result: { current, lastAdminGone: await isLastAdminGone(transaction, org, current) },
    };
  });
}

async function isLastAdminGone(
  transaction: Knex.Transaction,
  org: string,
  before: RoleBinding | null,
): Promise<boolean> {
  if (before?.role !== 'org-admin') return false;
  const other: unknown = await transaction('byom.role_bindings')
    .where({ org_id: org, role: 'org-admin' })
    .first('subject');
  return other === undefined;
}

function told({ role, pipes }: RoleToBind): object {
  return { role, ...(pipes && { pipes }) };
}

function find(transaction: Knex.Transaction, org: string, subject: string): Promise<RoleBinding | null> {
  return findOne<RoleBinding>(transaction, org, readRoleBinding(subject));
}

function resourceOf(subject: string): string {
  return `role-bindings/${subject}`;
}
