import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { messageNames } from '../../contract/index.ts';
import type { Abort, Accepted, ModelOrder, RetryNow, RunState } from '../../contract/index.ts';

export const retryNow = defineUpdate<Accepted, [RetryNow?]>(messageNames.retryNow);
export const overrideModel = defineUpdate<Accepted, [ModelOrder]>(messageNames.overrideModel);
export const abort = defineUpdate<Accepted, [Abort]>(messageNames.abort);
export const registryChanged = defineSignal(messageNames.registryChanged);
export const state = defineQuery<RunState>(messageNames.state);
