import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';

const root = findPackageRoot();

function inClone(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'byom', '--', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('npm run -s byom builds by itself, and stdout holds nothing but what the command prints', () => {
  const mark = join(root, 'dist', '.built');
  rmSync(mark, { force: true });
  const ran = inClone('keys', 'generate');
  expect(ran).toEqual({
    status: 0,
    stdout: expect.stringMatching(
      /^BYOM_CREDENTIAL_KEYS=\S+:\S{43}\nBYOM_CREDENTIAL_PUBLIC_KEYS=\S+:\S{43}\nBYOM_RUN_KEYS=\S+:\S{43}\n$/,
    ),
    stderr: expect.stringMatching(/^Built in /m),
  });
  expect(existsSync(mark)).toBe(true);
});

test('npm run -s byom passes options, messages and the exit code through', () => {
  expect(inClone('--version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(inClone('serve')).toEqual({
    status: 1,
    stdout: '',
    stderr: "byom: unknown command 'serve': see `byom --help`.\n",
  });
});
