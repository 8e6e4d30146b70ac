import { proxyActivities } from '@temporalio/workflow';
import type { VendorReply } from '../contract/index.ts';
import type { BareActivities, BareCall } from './bare-activity.ts';

const { callModel } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

/** The least that a durable call of a model can be: one activity. */
export async function bareCall(call: BareCall): Promise<VendorReply> {
  return callModel(call);
}
