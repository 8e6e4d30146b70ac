import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  cpSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rooms } from './rooms.mjs';
import { root, run, say, seconds } from './installed.mjs';

const out = `${root}dist`;
const mark = `${out}/.built`;
const built = Object.keys(rooms).filter((room) => room !== 'bench');

/** Compiles the rooms into `dist/` when a source is newer. Speaks on stderr. */
export function ensureBuilt() {
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sourceState()) return;
  build();
}

/** Compiles the rooms into an empty `dist/`. */
export function build() {
  const startedMs = Date.now();
  const state = sourceState();
  rmSync(out, { recursive: true, force: true });
  run([process.execPath, `${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json']);
  for (const file of filesOf('sandbox').filter((path) => path.endsWith('.yaml'))) copy(file);
  if (existsSync(`${out}/cli/byom.js`)) chmodSync(`${out}/cli/byom.js`, 0o755);
  writeFileSync(mark, state);
  say(`Built in ${seconds(startedMs)}.`);
}

function copy(path) {
  mkdirSync(`${out}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
  cpSync(`${root}${path}`, `${out}/${path}`);
}

function sourceState() {
  const files = ['tsconfig.json', 'tsconfig.build.json', ...built.flatMap(filesOf)];
  return files.map((path) => `${path}:${statSync(`${root}${path}`).mtimeMs}`).join('\n');
}

function filesOf(room) {
  if (!existsSync(`${root}${room}`)) return [];
  return readdirSync(`${root}${room}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
    .toSorted();
}
