/** What a principal may be, in one organization or (pipe-admin) in some of its pipes. */
export type Role = 'platform-admin' | 'org-admin' | 'pipe-admin' | 'operator' | 'viewer' | 'engine';

/** Everything that a route can ask for. Every route names one; the documentation's table is made of this one. */
export type Permission =
  | 'organizations:read'
  | 'organizations:write'
  | 'policy:read'
  | 'policy:write'
  | 'providers:read'
  | 'providers:write'
  | 'credentials:read'
  | 'credentials:write'
  | 'provider-tests:run'
  | 'models:read'
  | 'models:write'
  | 'default-model:read'
  | 'default-model:write'
  | 'assignments:read'
  | 'assignments:write'
  | 'rules:read'
  | 'rules:write'
  | 'data-classes:read'
  | 'data-classes:write'
  | 'resolution:read'
  | 'runs:start'
  | 'runs:read'
  | 'runs:read-content'
  | 'runs:repair'
  | 'usage:read'
  | 'attention:read'
  | 'audit:read'
  | 'access:read'
  | 'access:write';

const reading = [
  'organizations:read',
  'policy:read',
  'providers:read',
  'models:read',
  'default-model:read',
  'assignments:read',
  'rules:read',
  'data-classes:read',
  'resolution:read',
  'runs:read',
  'usage:read',
  'attention:read',
] as const satisfies readonly Permission[];

const repairing = ['runs:read-content', 'runs:repair'] as const satisfies readonly Permission[];

const administering = [
  'policy:write',
  'providers:write',
  'credentials:read',
  'credentials:write',
  'provider-tests:run',
  'models:write',
  'default-model:write',
  'assignments:write',
  'rules:write',
  'data-classes:write',
  'runs:start',
  'audit:read',
  'access:read',
  'access:write',
] as const satisfies readonly Permission[];

/**
 * Who may do what. A Company Admin and a Super Admin of the host are both `org-admin`. What a pipe-admin may is limited to
 * the pipes of the grant, and where a route is about no pipe, to what shows no secret of anybody's.
 */
export const permissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  'platform-admin': new Set<Permission>(['organizations:write', ...reading, ...repairing, ...administering]),
  'org-admin': new Set<Permission>([...reading, ...repairing, ...administering]),
  'pipe-admin': new Set<Permission>([
    'assignments:read',
    'assignments:write',
    'resolution:read',
    'runs:read',
  ]),
  operator: new Set<Permission>([...reading, ...repairing]),
  viewer: new Set<Permission>(reading),
  engine: new Set<Permission>(['runs:start', 'runs:read', 'runs:read-content']),
};

export const roles = Object.keys(permissions) as readonly Role[];

export function isRole(value: string): value is Role {
  return Object.hasOwn(permissions, value);
}
