import { ask, freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { buildByom, canary, expectRefused, generateRings, openFolder, runByom } from '../support/run-byom.ts';
import type { TestFolder } from '../support/run-byom.ts';

let database: TestDatabase;
let folder: TestFolder;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  buildByom();
  [database, folder] = await Promise.all([freshDatabase(), openFolder()]);
  env = { ...(await generateRings()), BYOM_API_DATABASE_URL: database.apiUrl, SECRET: canary };
});
afterAll(async () => {
  await database.drop();
  await folder.remove();
});

async function apply(text: string) {
  return runByom(['apply', await folder.write('registry.yaml', text)], env);
}

async function written() {
  const rows = await ask<{ name: string }>(
    database.superuserUrl,
    `select org_id as name from byom.organizations where org_id <> 'platform'
     union all select slug from byom.providers
     union all select slug from byom.models
     union all select key_id from byom.key_checks`,
  );
  return rows.map(({ name }) => name);
}

/** The last line is the broken one. Everything before it is fine, and must not be written either. */
function fileWith(...lines: readonly string[]): string {
  return ['version: 1', 'organizations:', '  acme:', ...lines, ''].join('\n');
}
const provider = [
  '    providers:',
  "      main: { vendor: openai, credential: { apiKey: '${env:SECRET}' } }",
] as const;

test.each([
  ['text that is no YAML', fileWith('    providers: { main: ['), /registry\.yaml:\d+:\d+: this is not YAML/],
  [
    'a key that does not exist',
    fileWith(...provider, '    defualt: gpt'),
    /registry\.yaml:6:5: organizations\.acme\.defualt: is not a key of this place/,
  ],
  [
    'a secret that is written out',
    fileWith('    providers:', `      main: { vendor: openai, credential: { apiKey: ${canary} } }`),
    /registry\.yaml:5:53: a credential is written by reference only, as \$\{env:NAME\} or \$\{file:path\}/,
  ],
  [
    'a variable that is not set',
    fileWith('    providers:', "      main: { vendor: openai, credential: { apiKey: '${env:UNSET}' } }"),
    /registry\.yaml:5:53: UNSET is not set in the environment/,
  ],
  [
    'a secret file that is not there',
    fileWith('    providers:', "      main: { vendor: openai, credential: { apiKey: '${file:gone}' } }"),
    /registry\.yaml:5:53: the file that \$\{file:…\} names cannot be read \(ENOENT\)/,
  ],
  [
    'a vendor that does not exist',
    fileWith(...provider, '      other: { vendor: closedai }'),
    /registry\.yaml:6:7: providers\.other\.vendor: closedai is none of .*openai/,
  ],
  [
    'a credential of another form',
    fileWith(...provider, "      other: { vendor: openai, credential: { apikey: '${env:SECRET}' } }"),
    /registry\.yaml:6:7: providers\.other\.credential/,
  ],
  [
    'a model of a provider that does not exist',
    fileWith(...provider, '    models:', '      gpt: { provider: elsewhere, upstreamId: gpt }'),
    /registry\.yaml:7:7: .*elsewhere/,
  ],
  [
    'a default that does not exist',
    fileWith(...provider, '    default: nothing'),
    /registry\.yaml:6:5: .*nothing/,
  ],
  [
    'an assignment of a model that does not exist',
    fileWith(...provider, '    assignments:', '      p1: { b1: platform/nothing }'),
    /registry\.yaml:7:13: .*platform\/nothing/,
  ],
])('%s is refused with its place, and nothing of the file is written', async (_what, text, line) => {
  expectRefused(await apply(text), line);
  expect(await written()).toEqual([]);
});

test('a file that is not there is named', async () => {
  expectRefused(
    await runByom(['apply', 'nowhere/registry.yaml'], env),
    'Cannot read nowhere/registry.yaml: ENOENT.',
  );
});

test('a secret file is found from where the registry file lies', async () => {
  const file = fileWith(
    '    providers:',
    "      main: { vendor: openai, credential: { apiKey: '${file:key.txt}' } }",
  );
  await folder.write('key.txt', `${canary}\n`);
  expect(await apply(file)).toEqual({
    code: 0,
    stdout: 'acme: 3 created, 0 changed, 1 unchanged.\n',
    stderr: '',
  });
  expect(await written()).toEqual(expect.arrayContaining(['acme', 'main']));
});
