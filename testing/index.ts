/** Stand-in vendors for tests, on this machine and without an account. */
export { startSandboxVendors } from './sandbox-vendors.ts';
export type { SandboxVendors, SandboxVendorsOptions } from './sandbox-vendors.ts';
export type { SandboxAccounts } from './accounts.ts';
export type { Fault, RetryAfterForm, StatusFault } from './faults.ts';
export type { LoggedRequest } from './truth-log.ts';
export type { BilledUsage } from './wire/wire.ts';
