import { isRole, permissions, type Permission, type Role } from './permissions.ts';

/** Who sends a request. A host's hook makes one of its own sessions; tokens and JWTs are looked up in the registry. */
export interface Principal {
  readonly kind: 'token' | 'user' | 'host';
  /** Stable and not secret: it stands in the audit. */
  readonly id: string;
  readonly grants: readonly Grant[];
}

export interface Grant {
  readonly org: string;
  readonly role: Role;
  /** For `pipe-admin`: the pipes it is about. Null for all others. */
  readonly pipes: readonly string[] | null;
}

/** The grants that count in this organization. A platform-admin acts in any, one per request. */
export function grantsIn(principal: Principal, org: string): readonly Grant[] {
  return principal.grants.filter(
    (grant) => grant.org === org || (grant.role === 'platform-admin' && grant.org === 'platform'),
  );
}

/**
 * May this principal do this here? `pipe` is the pipe that a route is about; null for a route about none, which a
 * pipe-admin may use as far as its role goes.
 */
export function isAllowed(
  principal: Principal,
  org: string,
  permission: Permission,
  pipe: string | null,
): boolean {
  return grantsIn(principal, org).some(
    ({ role, pipes }) =>
      permissions[role].has(permission) &&
      (role !== 'pipe-admin' || pipe === null || (pipes ?? []).includes(pipe)),
  );
}

/**
 * May this principal give somebody this role here, or take it away (null: whatever it is)? Nobody gives more than he has,
 * and what is granted under `platform` is its admins' alone.
 */
export function mayGrant(principal: Principal, org: string, granted: Role | null): boolean {
  return grantsIn(principal, org).some(
    ({ role }) =>
      permissions[role].has('access:write') &&
      (org !== 'platform' || role === 'platform-admin') &&
      (granted === null || [...permissions[granted]].every((one) => permissions[role].has(one))),
  );
}

/** The pipes that a list may speak of; null: all of them. */
export function pipesSeen(principal: Principal, org: string): readonly string[] | null {
  const grants = grantsIn(principal, org);
  return grants.some(({ role }) => role !== 'pipe-admin') ? null : grants.flatMap(({ pipes }) => pipes ?? []);
}

/** Grants as the registry keeps them. A role of a newer version grants nothing here. */
export function readGrants(
  grants: readonly {
    readonly org: string;
    readonly role: string;
    readonly pipes: readonly string[] | null;
  }[],
): readonly Grant[] {
  return grants.flatMap(({ org, role, pipes }) => (isRole(role) ? [{ org, role, pipes }] : []));
}
