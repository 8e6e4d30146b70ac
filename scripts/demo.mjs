// `npm run demo`: nothing is needed but Node, npm and Python's pip.
import { ensureInstalled } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const { runDemo } = await import('../dist/sandbox/demo.js');
process.exitCode = await runDemo();
