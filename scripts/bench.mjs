// `npm run bench`: measures this version on this machine; `-- --quick` for a coarse look.
import { readdirSync, statSync } from 'node:fs';
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
const { build, ensureBuilt } = await import('./built.mjs');
ensureBuilt();
if (isStale()) build();
const { runBench } = await import('../dist/bench/main.js');
process.exitCode = await runBench(process.argv.slice(2), process.env);

/** A change of the bench alone is no reason to build for anybody else, so only this looks for one. */
function isStale() {
  const [sources, built] = ['bench', 'dist/bench'].map((folder) => newestMs(`${root}${folder}`));
  return sources > built;
}

function newestMs(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map(({ name }) => statSync(`${folder}/${name}`).mtimeMs));
}
