/** What an engine, an API or a script uses to start, watch and steer runs. Light: no worker comes with it. */
export { canonicalJson, digestOf } from './canonical-json.ts';
export { checkRun } from './check-run.ts';
export { abortRun, runState } from './orders.ts';
export { NoOutcome, outcome } from './outcome.ts';
export { createRunKeys, parseRunKeys } from './run-keys.ts';
export type { RunKey, RunKeys } from './run-keys.ts';
export { runSchema } from './run-schema.ts';
export { startBehavior } from './start-behavior.ts';
export type { StartOptions } from './start-behavior.ts';
export { startProviderTest } from './start-provider-test.ts';
export { signTicket, verifyRun, verifyTicket } from './ticket.ts';
