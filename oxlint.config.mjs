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

/** Packages that would make a pure folder impure, or that a room must not know; and single names of a door. */
function forbidPackages(room, folder, group, message, paths = []) {
  const [, { patterns }] = roomRules(room).rules['no-restricted-imports'];
  return {
    files: [`${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [...patterns, { group, message }], paths }] },
  };
}

const failureTable = ['../contract/index.ts', '../../contract/index.ts'].map((name) => ({
  name,
  importNames: ['failures'],
  message: 'The registry reads the failure table, never the workflow.',
}));

const temporal = ['@temporalio/*'];
const outside = ['@temporalio/client', '@temporalio/worker', '@temporalio/activity'];
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
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // Our interfaces write functions as methods, and none of them uses `this`.
    'typescript/unbound-method': 'off',
    'typescript/no-misused-spread': 'off',
    'typescript/no-base-to-string': 'off',
    'typescript/require-array-sort-compare': 'off',
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
    forbidPackages('contract', 'contract', [...temporal, ...heavy], 'contract/ is plain data.'),
    forbidPackages(
      'workflows',
      'workflows',
      [...heavy, ...outside],
      'workflows/ reaches nothing heavy.',
      failureTable,
    ),
    forbidPackages(
      'workflows',
      'workflows/run',
      [...temporal, ...heavy],
      'workflows/run/ is pure.',
      failureTable,
    ),
    forbidPackages(
      'registry',
      'registry',
      [...temporal, 'undici'],
      'registry/ knows no Temporal and no HTTP.',
    ),
    forbidPackages('registry', 'registry/policy', [...temporal, ...heavy], 'registry/policy/ is pure.'),
    forbidPackages(
      'vendors',
      'vendors',
      [...temporal, 'knex', 'pg'],
      'vendors/ knows no Temporal and no SQL.',
    ),
    forbidPackages('client', 'client', ['@temporalio/worker'], 'client/ is light.'),
    {
      files: ['cli/**/*.ts', 'sandbox/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**'],
      rules: { 'no-restricted-properties': 'off' },
    },
    { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
    {
      files: ['*.config.mjs', 'jest.*.mjs', 'test/support/global-*.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
};
