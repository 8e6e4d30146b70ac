import { Failure } from '../contract/index.ts';

/**
 * Remembers for a moment that the registry did not answer, so that local activities fail at once meanwhile: each of them
 * holds a workflow-task slot, and a frozen Postgres would otherwise stop every workflow of the worker.
 */
export interface Circuit {
  around<T>(isLocal: boolean, work: () => Promise<T>): Promise<T>;
}

export function createCircuit(openMs = 1_000, nowMs: () => number = Date.now): Circuit {
  let openUntilMs = 0;
  return {
    async around(isLocal, work) {
      if (isLocal && nowMs() < openUntilMs)
        throw new Failure('registry.unavailable', 'The registry did not answer a moment ago.');
      try {
        return await work();
      } catch (error) {
        if (error instanceof Failure && error.type === 'registry.unavailable') openUntilMs = nowMs() + openMs;
        throw error;
      }
    },
  };
}
