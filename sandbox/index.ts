/** Everything on one machine with no account. No room of the product imports this one. */
export { runDemo } from './demo.ts';
export { runDev } from './dev.ts';
export type { DevOptions } from './dev.ts';
