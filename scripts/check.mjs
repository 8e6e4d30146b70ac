// `npm run check`: types, lint, format, unused code and the pure tests, side by side; under 15 s.
import { spawn } from 'node:child_process';
import { ensureInstalled, root, say, seconds } from './installed.mjs';

ensureInstalled();
const bin = (name) => `${root}node_modules/${name}`;
const checks = {
  types: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'],
  lint: [bin('oxlint/bin/oxlint'), '-c', 'oxlint.config.mjs', '--deny-warnings'],
  format: [bin('oxfmt/bin/oxfmt'), '--check'],
  'unused code': [bin('knip/bin/knip.js'), '--no-progress'],
  'pure tests': [bin('jest/bin/jest.js'), '-c', 'jest.pure.config.mjs', '--maxWorkers=2', '--silent'],
};

function check(name, args) {
  const startedMs = Date.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: {
      ...process.env,
      NODE_OPTIONS: name === 'pure tests' ? '--experimental-vm-modules --no-warnings' : '',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      say(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds(startedMs)})`);
      if (code !== 0) say(output);
      resolve(code === 0);
    });
  });
}

const startedMs = Date.now();
// The pure tests take a core for themselves; the others share the second one after the other.
const tests = check('pure tests', checks['pure tests']);
const results = [];
for (const name of ['types', 'lint', 'format', 'unused code']) results.push(await check(name, checks[name]));
results.push(await tests);
say(`Checked in ${seconds(startedMs)}.`);
process.exitCode = results.every(Boolean) ? 0 : 1;
