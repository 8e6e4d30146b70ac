import { proxyActivities } from '@temporalio/workflow';

export * from '../../workflows/index.ts';

/** A workflow of the host's own, on the same worker as ours, that asks for a Behavior's model by itself. */
export async function callsInvokeModel(request: unknown): Promise<unknown> {
  const { invokeModel } = proxyActivities<{ invokeModel(request: unknown): Promise<unknown> }>({
    startToCloseTimeout: '10s',
    retry: { maximumAttempts: 1 },
  });
  return invokeModel(request);
}

/** A workflow of the host's own that has nothing to do with us. */
export async function greet(name: string): Promise<string> {
  return `Hello ${name}`;
}
