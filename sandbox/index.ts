/** Everything on one machine with no account. No room of the product imports this one. */
export { closedBy, closeOnExit, createClosers, startAll } from './closers.ts';
export type { Closers } from './closers.ts';
export { runDemo } from './demo.ts';
export { runDev } from './dev.ts';
export type { DevOptions } from './dev.ts';
export { startPostgres } from './postgres.ts';
export type { SandboxPostgres } from './postgres.ts';
export { startTemporal } from './temporal.ts';
