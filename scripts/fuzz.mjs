// `npm run fuzz`: three steps, each also alone by its name (`npm run fuzz -- api`). About 13 minutes on 2 cores. Another
// `BYOM_SEED` means other cases; a failure names the seed and the smallest case.
import { ensureInstalled, say, seconds } from './installed.mjs';
import { runJest } from './run-jest.mjs';

const {
  BYOM_SEED: seed = '1',
  BYOM_FUZZ: answers = '20000',
  BYOM_FUZZ_API: requests = '50000',
  BYOM_FUZZ_SECONDS: budgetSeconds = '240',
} = process.env;

const steps = {
  answers: {
    what: `${answers} answers of vendors, each damaged in its own way`,
    args: ['test/fuzz/answers'],
    limitMs: 20 * 60_000,
  },
  api: {
    what: `${requests} strange requests to the API`,
    args: ['test/fuzz/api'],
    limitMs: 20 * 60_000,
  },
  schemathesis: {
    what: `Schemathesis against the API and its document, ${budgetSeconds} s`,
    args: ['--testMatch', '<rootDir>/test/fuzz/schemathesis.ts'],
    limitMs: 15 * 60_000,
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(steps, name));
if (unknown === undefined) await runSteps(asked.length === 0 ? Object.keys(steps) : asked);
else {
  say(`There is no step "${unknown}": ${Object.keys(steps).join(', ')}.`);
  process.exitCode = 2;
}

async function runSteps(names) {
  ensureInstalled();
  const { ensureBuilt } = await import('./built.mjs');
  ensureBuilt();
  const env = {
    BYOM_SEED: seed,
    BYOM_FUZZ: answers,
    BYOM_FUZZ_API: requests,
    BYOM_FUZZ_SECONDS: budgetSeconds,
  };
  for (const name of names) {
    const startedMs = Date.now();
    say(`${name}: ${steps[name].what}, seed ${seed} …`);
    const { args, limitMs } = steps[name];
    const stdio = ['inherit', 'ignore', 'inherit'];
    const { code, isStopped } = await runJest(['--runInBand', ...args], { stdio, env, limitMs });
    say(`${name} ended after ${seconds(startedMs)}.`);
    if (code !== 0) process.exitCode = code;
    if (isStopped) return;
  }
}
