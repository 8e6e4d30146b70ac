// `npm run -s byom -- …`: the command as a clone has it; it builds by itself and says so on stderr only.
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
const { ensureBuilt } = await import('./built.mjs');
ensureBuilt();
process.argv[1] = `${root}dist/cli/byom.js`;
await import('../dist/cli/byom.js');
