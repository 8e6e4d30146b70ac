import { sleep } from '@temporalio/workflow';

// The Behavior runs of pipe-byom, beside workflows of your own on the same worker.
export * from 'pipe-byom/workflows';

export async function remindOwner(card: string): Promise<string> {
  await sleep('100 ms');
  return `Card ${card} is waiting for you.`;
}
