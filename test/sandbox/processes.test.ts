import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { transform } from '@swc/core';
import { createClosers, startAll } from '../../sandbox/closers.ts';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { findFreePort, runCommand, startChild, waitUntil } from '../../sandbox/processes.ts';

let folder: string;
beforeAll(async () => {
  // Inside of the package, so that its packages are found from there.
  const cache = join(findPackageRoot(), '.cache');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'test-processes-'));
  for (const name of ['processes', 'closers', 'open-folder', 'postgres-binaries', 'postgres']) {
    const source = await readFile(join(findPackageRoot(), 'sandbox', `${name}.ts`), 'utf8');
    const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } } as const;
    const { code } = await transform(source, options);
    await writeFile(join(folder, `${name}.mjs`), code.replaceAll(/(from '\.\/.*)\.ts'/g, "$1.mjs'"));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A number that only one test's processes carry among their arguments, so that a listing finds them. */
const mark = () => `0.${randomInt(1e9, 1e10)}`;

function listed(marked: string): readonly string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(marked));
}

async function untilGone(marked: string): Promise<void> {
  await waitUntil(async () => listed(marked).length === 0 || undefined, {
    what: `Processes with ${marked}: ${listed(marked).join('; ')}`,
    deadlineMs: 15_000,
    everyMs: 100,
  });
}

/** Starts a process of ours that starts a child, and waits until the child is listed. */
async function startParent(script: string, marked: string): Promise<ChildProcess> {
  const path = join(folder, `parent-${marked}.mjs`);
  await writeFile(path, script);
  const parent = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(parent.stdout, 'data');
  await waitUntil(async () => listed(`600 ${marked}`).length > 0 || undefined, {
    what: `A process with 600 ${marked}`,
    deadlineMs: 15_000,
  });
  return parent;
}

const sleeps = (marked: string) => `
  import { startChild } from './processes.mjs';
  startChild('sleep', ['600', '${marked}']);
  console.log('started');
  setInterval(() => {}, 1000);
`;

test('after SIGKILL of the parent no child is listed', async () => {
  const marked = mark();
  const parent = await startParent(sleeps(marked), marked);
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await untilGone(`600 ${marked}`);
});

test('after SIGKILL of the parent there is no Postgres either, and no data of it', async () => {
  await writeFile(
    join(folder, 'parent-postgres.mjs'),
    `import { startPostgres } from './postgres.mjs';
     const { pid } = await startPostgres();
     console.log(pid);
     setInterval(() => {}, 1000);`,
  );
  const parent = spawn(process.execPath, [join(folder, 'parent-postgres.mjs')]);
  const [pid] = await once(parent.stdout, 'data');
  const [line] = listed(`${String(pid).trim()} `).filter((one) => one.includes('/postgres -D'));
  const data = /-D (\S+)/.exec(line ?? '')?.[1] ?? '';
  expect(existsSync(data)).toBe(true);
  parent.kill('SIGKILL');
  await untilGone(`-D ${data}`);
  await waitUntil(async () => !existsSync(data) || undefined, { what: 'The removal', deadlineMs: 5_000 });
});

test('a child that does not listen is killed after its parent', async () => {
  const marked = mark();
  // Deaf by the time it is listed: it sets its trap before it starts what the listing shows.
  const stubborn = `trap "" TERM; sleep 600 ${marked} & while :; do wait; sleep 1; done`;
  const parent = await startParent(
    `import { startChild } from './processes.mjs';
     startChild('sh', ['-c', ${JSON.stringify(stubborn)}]);
     console.log('started');
     setInterval(() => {}, 1000);`,
    marked,
  );
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await untilGone(`600 ${marked}`);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s closes what is open and ends with the code of the signal',
  async (signal) => {
    const marked = mark();
    const parent = await startParent(
      `import { startChild } from './processes.mjs';
       import { closeOnExit, createClosers } from './closers.mjs';
       const closers = createClosers();
       closeOnExit(closers);
       const child = startChild('sleep', ['600', '${marked}']);
       closers.onClose(() => child.stop());
       console.log('started');
       setInterval(() => {}, 1000);`,
      marked,
    );
    parent.kill(signal);
    parent.kill(signal);
    const [code] = await once(parent, 'close');
    expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    expect(listed(`600 ${marked}`)).toEqual([]);
  },
);

test('a process whose own parent is killed closes by itself', async () => {
  const marked = mark();
  await writeFile(
    join(folder, `inner-${marked}.mjs`),
    `import { startChild } from './processes.mjs';
     import { closeOnExit, createClosers } from './closers.mjs';
     const closers = createClosers();
     closeOnExit(closers);
     const child = startChild('sleep', ['600', '${marked}']);
     closers.onClose(() => child.stop());
     console.log('started');
     setInterval(() => {}, 1000);`,
  );
  const outer = await startParent(
    `import { spawn } from 'node:child_process';
     const inner = spawn(process.execPath, [${JSON.stringify(join(folder, `inner-${marked}.mjs`))}]);
     inner.stdout.pipe(process.stdout);
     setInterval(() => {}, 1000);`,
    marked,
  );
  outer.kill('SIGKILL');
  await untilGone(`600 ${marked}`);
  await untilGone(`inner-${marked}`);
});

test('a child that was stopped leaves no guard behind', async () => {
  const marked = mark();
  const child = startChild('sleep', ['600', marked]);
  const guards = () => listed(`kill -0 ${child.pid}`).length;
  expect(guards()).toBeGreaterThan(0);
  await Promise.all([child.stop(), child.stop()]);
  expect(child.isRunning()).toBe(false);
  expect(await child.exited).toBe('ended by SIGTERM');
  await waitUntil(async () => guards() === 0 || undefined, { what: 'The guard', deadlineMs: 5_000 });
});

test('a program that does not exist is told, not thrown somewhere', async () => {
  const { ok, how } = await runCommand('no-such-program', []);
  expect({ ok, how }).toEqual({ ok: false, how: 'did not start (ENOENT)' });
});

describe('waiting', () => {
  test('ends at once when the child ends, with its last words', async () => {
    const child = startChild('sh', ['-c', 'echo out of luck >&2; exit 3']);
    const waiting = waitUntil(async () => undefined, { what: 'It', deadlineMs: 60_000, child });
    await expect(waiting).rejects.toThrow('It ended with code 3 before it was ready.\nout of luck');
  });

  test('ends at the deadline', async () => {
    const waiting = waitUntil(async () => undefined, { what: 'It', deadlineMs: 50 });
    await expect(waiting).rejects.toThrow('It was not ready within 50 ms.');
  });
});

test('a free port can be listened on', async () => {
  expect(await findFreePort()).toBeGreaterThan(1024);
});

describe('closing', () => {
  test('closes the last opened first, each once, also past one that fails', async () => {
    const closed: string[] = [];
    const { onClose, closeAll } = createClosers();
    onClose(() => closed.push('folder'));
    onClose(() => {
      throw new Error('stuck');
    });
    onClose(() => closed.push('server'));
    const closing = [closeAll(), closeAll()];
    for (const one of closing) await expect(one).rejects.toThrow('Not everything could be closed.');
    expect(closed).toEqual(['server', 'folder']);
  });

  test('closes at once what was opened too late', async () => {
    const { onClose, closeAll } = createClosers();
    await closeAll();
    await new Promise<void>((resolve) => onClose(resolve));
  });

  test('a failed start is thrown when the others have started', async () => {
    let slow = 'starting';
    const starts = startAll([
      Promise.reject(new Error('no')),
      sleep(20).then(() => {
        slow = 'started';
      }),
    ]);
    await expect(starts).rejects.toThrow('no');
    expect(slow).toBe('started');
  });
});
