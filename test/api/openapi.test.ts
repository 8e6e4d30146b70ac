import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { permissions, routes, toOpenApi } from '../../api/index.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';

interface Operation {
  readonly operationId: string;
  readonly 'x-permission': string;
  readonly responses: Readonly<Record<string, unknown>>;
}

const path = join(findPackageRoot(), 'docs', 'openapi.json');
const document = toOpenApi(routes) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

test('docs/openapi.json is what the routes say', () => {
  const wanted = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env['BYOM_UPDATE_GOLDEN'] === '1') writeFileSync(path, wanted);
  // On a difference: `npm run openapi`.
  expect(readFileSync(path, 'utf8') === wanted).toBe(true);
});

test('it is an OpenAPI 3.1 document to a validator that is none of ours', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const broken = { ...structuredClone(document), paths: { '/x': { get: { parameters: 'none' } } } };
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('every route is in it once, with an id of its own, the permission it asks for, and 401 and 403', () => {
  expect(operations).toHaveLength(routes.length);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  const known = new Set(Object.values(permissions).flatMap((names) => [...names]));
  for (const { operationId, 'x-permission': permission, responses } of operations) {
    expect([operationId, known.has(permission as never)]).toEqual([operationId, true]);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '404']));
  }
});
