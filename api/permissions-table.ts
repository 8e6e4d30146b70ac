import { permissions, roles, type Permission } from './permissions.ts';

/** The table of `docs/permissions.md`: every permission by role, from the table that the routes are checked with. */
export function toPermissionsTable(): string {
  const names = [...new Set(roles.flatMap((role) => [...permissions[role]]))].toSorted();
  const cells = names.map((name) => [`\`${name}\``, ...roles.map((role) => cellOf(role, name))]);
  return [['Permission', ...roles], ['---', ...roles.map(() => ':---:')], ...cells]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

function cellOf(role: (typeof roles)[number], name: Permission): string {
  if (!permissions[role].has(name)) return '';
  return role === 'pipe-admin' ? 'its pipes' : 'yes';
}
