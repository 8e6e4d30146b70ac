import { startSandboxVendors } from '../testing/index.ts';
import { startFixedReply } from './fixed-reply.ts';
import { endWithStarter } from './own-process.ts';

/** Where the servers listen that stand in for vendors. */
export interface StandIns {
  /** Of the stand-in vendors, which answer from the prompt. */
  readonly vendors: string;
  /** Of the server with the fixed reply. */
  readonly fixed: string;
}

const [vendors, fixed] = await Promise.all([startSandboxVendors(), startFixedReply()]);
endWithStarter(async () => {
  await Promise.all([vendors.close(), fixed.close()]);
});
const origins: StandIns = { vendors: vendors.origin, fixed: fixed.origin };
process.send?.(origins);
