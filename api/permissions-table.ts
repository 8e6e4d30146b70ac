import { permissions, roles, type Permission, type Role } from './permissions.ts';

/** The table of `docs/permissions.md` in markdown, made of the table that the routes are checked with. */
export function toPermissionsTable(): string {
  const names = [...new Set(roles.flatMap((role) => [...permissions[role]]))].toSorted();
  const rows = names.map((name) => [`\`${name}\``, ...roles.map((role) => cellOf(role, name))]);
  const columns = [['permission', ...roles], ...rows];
  const widths = ['permission', ...roles].map((_name, at) =>
    Math.max(...columns.map((row) => row[at]?.length ?? 0)),
  );
  const [head = [], ...body] = columns.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
  return [head, widths.map((width) => '-'.repeat(width)), ...body]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

function cellOf(role: Role, name: Permission): string {
  if (!permissions[role].has(name)) return '';
  return role === 'pipe-admin' ? 'its pipes' : 'yes';
}
