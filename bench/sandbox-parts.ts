/** The parts of the sandbox that a measurement composes by itself, in one place: its door offers only whole programs. */
// oxlint-disable no-restricted-imports
export { closeOnExit, createClosers, startAll } from '../sandbox/closers.ts';
export type { Closers } from '../sandbox/closers.ts';
export { startPostgres } from '../sandbox/postgres.ts';
export type { SandboxPostgres } from '../sandbox/postgres.ts';
export { startTemporal } from '../sandbox/temporal.ts';
