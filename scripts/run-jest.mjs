import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root, say } from './installed.mjs';

/**
 * Runs jest to its end, and passes on to it what is to end us. Resolves with its exit code, which is 1 where a signal ended
 * it or `limitMs` passed: then `isStopped` is true.
 */
export async function runJest(args, { node = process.execPath, env = {}, stdio = 'inherit', limitMs } = {}) {
  const jest = spawn(node, [`${root}node_modules/jest/bin/jest.js`, ...args], {
    cwd: root,
    stdio,
    env: { ...process.env, ...env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
  });
  const pass = (signal) => jest.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass);
  let isLate = false;
  const end = () => {
    say(`Not done within ${Math.round(limitMs / 60_000)} minutes.`);
    isLate = true;
    jest.kill('SIGTERM');
  };
  const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs);
  const [code, signal] = await once(jest, 'exit');
  clearTimeout(timer);
  for (const one of ['SIGINT', 'SIGTERM']) process.off(one, pass);
  const isStopped = isLate || signal !== null;
  return { code: isStopped ? 1 : code, isStopped };
}
