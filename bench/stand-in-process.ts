import { startSandboxVendors } from '../testing/index.ts';
import type { SandboxAccounts, SandboxVendors } from '../testing/index.ts';
import { startFixedReply } from './fixed-reply.ts';
import { endWithStarter } from './own-process.ts';

/** Where the servers listen that stand in for vendors, and whom they know. */
export interface StandIns {
  /** Of the stand-in vendors, which answer from the prompt. */
  readonly vendors: string;
  /** Of the server with the fixed reply. */
  readonly fixed: string;
  readonly accounts: SandboxAccounts;
  readonly wellKnown: SandboxVendors['wellKnown'];
}

const vendors = await startSandboxVendors();
const fixed = await startFixedReply(vendors.origin);
endWithStarter(async () => {
  await Promise.all([vendors.close(), fixed.close()]);
});
const { aws, google, oracle, entra } = await vendors.accounts();
const { origin, wellKnown } = vendors;
const standIns: StandIns = {
  vendors: origin,
  fixed: fixed.origin,
  accounts: { aws, google, oracle, entra },
  wellKnown,
};
process.send?.(standIns);
