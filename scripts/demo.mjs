// `npm run demo`: nothing is needed but Node, npm and Python's pip.
import { ensureInstalled, say } from './installed.mjs';

say(
  'The demo of pipe-byom: all of it on this machine, with no account. The first time takes a minute or two.',
);
ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const { runDemo } = await import('../dist/sandbox/demo.js');
process.exitCode = await runDemo();
