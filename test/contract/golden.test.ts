import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { checkRun, runSchema } from '../../client/index.ts';
import { z } from 'zod';
import { goldenValues } from '../support/golden-values.ts';

const update = process.env['BYOM_UPDATE_GOLDEN'] === '1';

function expectFile(path: string, value: unknown): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (update) {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(text);
}

test.each(Object.entries(goldenValues))('%s has the JSON that histories and engines hold', (name, value) => {
  expectFile(`test/golden/${name}.json`, value);
});

test('the golden run passes the check of its own door', () => {
  const run: unknown = JSON.parse(readFileSync('test/golden/run.v1.json', 'utf8'));
  expect(checkRun(run)).toEqual(goldenValues['run.v1']);
});

test('docs/run.v1.schema.json is the schema of the code', () => {
  const schema = z.toJSONSchema(runSchema, { target: 'draft-2020-12', unrepresentable: 'any' });
  expectFile('docs/run.v1.schema.json', { title: 'A Behavior run of pipe-byom, version 1', ...schema });
});
