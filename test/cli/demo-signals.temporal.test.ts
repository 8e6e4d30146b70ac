import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { familyOf, listedWith, remainingOf } from '../support/process-family.ts';
import { buildByom } from '../support/run-byom.ts';

beforeAll(() => buildByom());

/** Where the signal goes: to npm and all that is in its terminal, to npm alone, or to the demo itself. */
const endings = {
  'Ctrl-C': (npm: number) => process.kill(-npm, 'SIGINT'),
  'SIGTERM to npm': (npm: number) => process.kill(npm, 'SIGTERM'),
  'SIGKILL of npm': (npm: number) => process.kill(npm, 'SIGKILL'),
  'SIGKILL of the demo': (npm: number) => {
    const demo = familyOf(npm).find(
      ({ command }) => command.includes('scripts/demo.mjs') && !command.startsWith('npm'),
    );
    process.kill(demo?.pid ?? -1, 'SIGKILL');
  },
} as const;

/** Starts the demo, ends it in the middle of its runs, and answers what is left of it when it had time to end. */
async function whatRemainsAfter(end: (npm: number) => void) {
  const npm = spawn('npm', ['run', '-s', 'demo'], {
    cwd: findPackageRoot(),
    // A group of its own, as a terminal would give it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = npm.pid ?? -1;
  const closed = once(npm, 'exit');
  let said = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await eventually(() => said.includes('card 1') || npm.exitCode !== null, 60_000);
    const family = familyOf(pid);
    const commands = family.map(({ command }) => command);
    const data =
      commands.map((command) => /-D (\S+pipe-byom-data-\S+)/.exec(command)?.[1]).find(Boolean) ?? '';
    const seen = { postgres: existsSync(data), temporal: commands.some((one) => one.includes('start-dev')) };
    end(pid);
    await closed;
    // By what was started, and by the data folder in the command line, which the guards carry too.
    const remains = () =>
      [...remainingOf(family), ...listedWith(dirname(data))].map(({ command }) => command);
    await eventually(() => remains().length === 0 && !existsSync(data), 20_000).catch(() => {});
    return { seen, remains: remains(), data: existsSync(data) };
  } finally {
    if (npm.exitCode === null && npm.signalCode === null) process.kill(-pid, 'SIGKILL');
  }
}

test('however the demo is ended, nothing of it is left', async () => {
  const names = Object.keys(endings) as (keyof typeof endings)[];
  // Side by side: each needs some seconds to come up.
  const results = await Promise.all(names.map((name) => whatRemainsAfter(endings[name])));
  const clean = { seen: { postgres: true, temporal: true }, remains: [], data: false };
  expect(Object.fromEntries(names.map((name, index) => [name, results[index]]))).toEqual(
    Object.fromEntries(names.map((name) => [name, clean])),
  );
}, 120_000);

test('a demo that cannot start says why in one line, and ends with code 1', () => {
  const env = { ...process.env, TEMPORAL_CLI_PATH: '/nowhere/temporal' };
  const options = { cwd: findPackageRoot(), env, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync('npm', ['run', '-s', 'demo'], options);
  expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
    status: 1,
    last: 'The demo stopped: TEMPORAL_CLI_PATH names no program that can be run: point it to `temporal`, or unset it.',
  });
});
