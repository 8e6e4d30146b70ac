import { proxyActivities } from '@temporalio/workflow';
import type { ActionDone, ActionRequest, EngineActivities } from '../../contract/index.ts';

/** The shortest workflow that asks an engine for something. */
export async function actOnce(taskQueue: string, request: ActionRequest): Promise<ActionDone> {
  const { executeAction } = proxyActivities<EngineActivities>({ taskQueue, startToCloseTimeout: '10s' });
  return executeAction(request);
}
