// `npm run test:llm`: the product on a real model, small enough for this machine. Nothing of it is in `npm test`.
import { ensureInstalled, say } from './installed.mjs';

say(
  'The first time this compiles llama.cpp (up to 9 minutes on 2 cores) and fetches a model of 253 MB into .cache/; afterwards it takes about 5 minutes.',
);
ensureInstalled();
const { ensureLlama } = await import('./llama.mjs');
const { program, model } = ensureLlama();
process.env.BYOM_LLAMA_SERVER = program;
process.env.BYOM_LLAMA_MODEL = model;
process.argv.splice(2, 0, '--testMatch', '<rootDir>/test/llm/real-model.ts');
await import('./test.mjs');
