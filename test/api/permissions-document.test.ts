import { readFileSync, writeFileSync } from 'node:fs';
import { permissions, routes, toPermissionsTable } from '../../api/index.ts';

const path = 'docs/permissions.md';
const [begin, end] = ['<!-- table -->', '<!-- /table -->'];

test('docs/permissions.md holds the table that the routes are checked with', () => {
  const text = readFileSync(path, 'utf8');
  const [before = '', rest = ''] = text.split(begin);
  const [, after = ''] = rest.split(end);
  const wanted = `${before}${begin}\n\n${toPermissionsTable()}\n\n${end}${after}`;
  if (process.env['BYOM_UPDATE_GOLDEN'] === '1') writeFileSync(path, wanted);
  expect(before).not.toBe('');
  expect(after).not.toBe('');
  expect(readFileSync(path, 'utf8')).toBe(wanted);
});

test('every permission of the table is asked for by a route, and the other way round', () => {
  const granted = new Set(Object.values(permissions).flatMap((one) => [...one]));
  const asked = new Set(routes.map(({ permission }) => permission));
  expect([...asked].filter((one) => !granted.has(one))).toEqual([]);
  // This one decides about a part of an answer, not about the whole.
  expect([...granted].filter((one) => !asked.has(one))).toEqual(['runs:read-content']);
});
