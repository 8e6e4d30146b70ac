// `npm run bench`: measures this version on this machine; `-- --quick` for a coarse look.
import { ensureInstalled } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
const { runBench } = await import('../dist/bench/main.js');
process.exitCode = await runBench(process.argv.slice(2), process.env);
