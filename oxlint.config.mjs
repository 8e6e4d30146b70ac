import { forbiddenBetween, rooms } from './scripts/rooms.mjs';

/** The import table of ARCHITECTURE.md as lint rules: one override a room. */
function roomRules(room) {
  const { may } = rooms[room];
  const forbidden = forbiddenBetween(room);
  const patterns = [
    {
      group: forbidden.flatMap((one) => [`../${one}`, `../${one}/**`, `../../${one}`, `../../${one}/**`]),
      message: `${room}/ may import only: ${may.join(', ') || 'nothing of ours'}.`,
    },
  ];
  if (may.length > 0) {
    patterns.push({
      group: may.flatMap((one) => [
        `../${one}/**`,
        `!../${one}/index.ts`,
        `../../${one}/**`,
        `!../../${one}/index.ts`,
      ]),
      message: 'Enter a room through its index.ts.',
    });
  }
  return { files: [`${room}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

/** Packages that would make a pure folder impure, or that a room must not know. */
function forbidPackages(files, group, message, room, extra = []) {
  const base = roomRules(room).rules['no-restricted-imports'][1].patterns;
  return {
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [...base, { group, message }, ...extra] }] },
  };
}

const temporal = ['@temporalio/*'];
const heavy = ['zod', 'ajv', 'knex', 'pg', 'openai', 'undici', 'node:*', 'fs', 'crypto', 'net', 'http'];

export default {
  plugins: ['typescript', 'unicorn', 'import', 'oxc'],
  options: { typeAware: true },
  ignorePatterns: ['dist/**', 'node_modules/**', '.cache/**', 'docs/examples/**'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'max-lines': ['error', { max: 300 }],
    'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    'no-restricted-properties': [
      'error',
      { object: 'process', property: 'env', message: 'Only cli/ and sandbox/ read the environment.' },
    ],
  },
  overrides: [
    ...Object.keys(rooms).map(roomRules),
    forbidPackages(
      ['contract/**/*.ts'],
      [...temporal, ...heavy],
      'contract/ is plain data: no Node, no dependency.',
      'contract',
    ),
    forbidPackages(
      ['workflows/**/*.ts'],
      [...heavy, '@temporalio/client', '@temporalio/worker', '@temporalio/activity'],
      'Nothing heavy is reachable from workflows/.',
      'workflows',
      [
        {
          group: ['**/contract/index.ts'],
          importNames: ['failures'],
          message: 'The registry reads the failure table, never the workflow.',
        },
      ],
    ),
    forbidPackages(
      ['workflows/run/**/*.ts'],
      [...temporal, ...heavy],
      'workflows/run/ is pure.',
      'workflows',
    ),
    forbidPackages(
      ['registry/policy/**/*.ts'],
      [...temporal, ...heavy],
      'registry/policy/ is pure.',
      'registry',
    ),
    forbidPackages(
      ['registry/**/*.ts'],
      [...temporal, 'undici'],
      'registry/ knows no Temporal and no HTTP.',
      'registry',
    ),
    forbidPackages(
      ['vendors/**/*.ts'],
      [...temporal, 'knex', 'pg'],
      'vendors/ knows no Temporal and no SQL.',
      'vendors',
    ),
    forbidPackages(['client/**/*.ts'], ['@temporalio/worker'], 'client/ is light.', 'client'),
    {
      files: ['cli/**/*.ts', 'sandbox/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**'],
      rules: { 'no-restricted-properties': 'off' },
    },
    { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
    { files: ['*.config.mjs', 'jest.*.mjs'], rules: { 'import/no-default-export': 'off' } },
  ],
};
