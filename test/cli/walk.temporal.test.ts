import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { eventually } from '../support/eventually.ts';
import { buildByom, startByom } from '../support/run-byom.ts';
import type { RunningByom } from '../support/run-byom.ts';

/** A block of commands, and the answer that stands below it. */
interface Step {
  readonly commands: string;
  readonly answer: unknown;
}

function readSteps(): readonly Step[] {
  const text = readFileSync(join(findPackageRoot(), 'docs', 'walk.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(sh|json)\n([\s\S]*?)^```$/gm)].map(([, kind, body = '']) => ({
    kind,
    body,
  }));
  return blocks.flatMap(({ kind, body }, at) => {
    if (kind !== 'sh') return [];
    const next = blocks[at + 1];
    return [{ commands: body, answer: next?.kind === 'json' ? (JSON.parse(next.body) as unknown) : null }];
  });
}

let dev: RunningByom | null = null;
afterAll(async () => {
  dev?.kill('SIGTERM');
  await dev?.ended;
});

test('the commands of docs/walk.md, run against byom dev as they stand there, answer what is shown there', async () => {
  buildByom();
  dev = startByom(['dev', '--json']);
  await eventually(() => dev!.said().stdout.includes('\n') || dev!.said().code !== null, 60_000);
  const { environment, sandboxVendors } = JSON.parse(dev.said().stdout) as {
    readonly environment: Readonly<Record<string, string>>;
    readonly sandboxVendors: Readonly<Record<string, string>>;
  };
  const steps = readSteps();
  expect(steps.length).toBeGreaterThan(12);
  const mark = '--- step';
  const script = steps.map(({ commands }, at) => `echo '${mark} ${at}'\n${commands}`).join('\n');
  const shell = spawn('sh', ['-eu', '-c', script], {
    env: {
      PATH: process.env['PATH'],
      ...environment,
      OPENAI_URL: sandboxVendors['openai'],
      SELF_HOSTED_URL: sandboxVendors['custom'],
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 90_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(shell, 'close')) as [number | null];
  const answers = said.split(new RegExp(`^${mark} \\d+\\n`, 'm')).slice(1);
  for (const [at, { commands, answer }] of steps.entries()) {
    if (answer === null) continue;
    const last = (answers[at] ?? '').trimEnd().split('\n').at(-1) ?? '';
    expect({ commands, answer: last.startsWith('{') ? (JSON.parse(last) as unknown) : last }).toMatchObject({
      commands,
      answer,
    });
  }
  expect(code).toBe(0);
}, 200_000);
