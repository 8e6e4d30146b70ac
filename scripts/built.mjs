import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rooms } from './rooms.mjs';
import { root, run, say, seconds } from './installed.mjs';

const out = `${root}dist`;
const mark = `${out}/.built`;

/** Compiles the rooms into `dist/` when a source is newer. Speaks on stderr. */
export function ensureBuilt() {
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sourceState()) return;
  build();
}

/** Compiles the rooms into a new `dist/`, which takes the place of the old one at once: a test may be running from it. */
export function build() {
  const startedMs = Date.now();
  const state = sourceState();
  const draft = `${root}.cache/dist-${process.pid}`;
  const old = `${draft}-old`;
  // On exit, because a failed compiler ends this process where it stands.
  process.once('exit', () => {
    for (const folder of [draft, old]) rmSync(folder, { recursive: true, force: true });
  });
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  run([process.execPath, compiler, '-p', 'tsconfig.build.json', '--outDir', draft]);
  for (const file of filesOf('sandbox').filter((path) => path.endsWith('.yaml')))
    cpSync(`${root}${file}`, `${draft}/${file}`);
  chmodSync(`${draft}/cli/byom.js`, 0o755);
  writeFileSync(`${draft}/.built`, state);
  mkdirSync(old);
  replace(draft, old);
  say(`Built in ${seconds(startedMs)}.`);
}

/** Two builds may end at the same moment; the later one stays. */
function replace(draft, old) {
  for (let tries = 1; ; tries += 1) {
    try {
      if (existsSync(out)) renameSync(out, `${old}/${tries}`);
      renameSync(draft, out);
      return;
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

function sourceState() {
  const files = ['tsconfig.json', 'tsconfig.build.json', ...Object.keys(rooms).flatMap(filesOf)];
  return files.map((path) => `${path}:${statSync(`${root}${path}`).mtimeMs}`).join('\n');
}

function filesOf(room) {
  if (!existsSync(`${root}${room}`)) return [];
  return readdirSync(`${root}${room}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
    .toSorted();
}
