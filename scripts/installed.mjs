import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const mark = `${root}node_modules/.pipe-byom-installed`;

/** Installs what the lock file names, once per lock file. Speaks on stderr: stdout may be somebody's JSON. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  say('Installing the packages of package-lock.json (about 20 s the first time) …');
  const startedMs = Date.now();
  run(npmCommand(['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error']), {
    env: cleanEnvironment(),
  });
  writeFileSync(mark, lock);
  say(`Installed in ${seconds(startedMs)}.`);
}

export function say(line) {
  process.stderr.write(`${line}\n`);
}

export function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

/** Runs to the end, or ends this process with the child's code. */
export function run([command, ...args], options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    ...options,
  });
  if (error) say(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function npmCommand(args) {
  const npm = process.env.npm_execpath;
  return npm === undefined ? ['npm', ...args] : [process.execPath, npm, ...args];
}

/**
 * `npm run -s`, `--omit=dev` and `--ignore-scripts` reach a child npm as `npm_config_*`; only what it takes to reach the
 * packages is kept.
 */
function cleanEnvironment() {
  const kept =
    /^npm_config_(cache|cafile|registry|userconfig|globalconfig|proxy|https_proxy|noproxy|prefix|strict_ssl)$/i;
  const entries = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_ENV' && (!/^npm_/i.test(name) || kept.test(name)),
  );
  return Object.fromEntries(entries);
}
