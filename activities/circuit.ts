import { Failure } from '../contract/index.ts';

/**
 * Remembers for a moment that the registry did not answer, so that local activities fail at once meanwhile: each of them
 * holds a workflow-task slot, and a frozen Postgres would otherwise stop every workflow of the worker. Afterwards one of
 * them at a time finds out whether it answers again.
 */
export interface Circuit {
  around<T>(isLocal: boolean, work: () => Promise<T>): Promise<T>;
}

export function createCircuit(openMs = 1_000, nowMs: () => number = Date.now): Circuit {
  let lostAtMs: number | null = null;
  let probing = false;
  return {
    async around(isLocal, work) {
      const probes = isLocal && lostAtMs !== null;
      if (probes && (probing || nowMs() < (lostAtMs ?? 0) + openMs))
        throw new Failure('registry.unavailable', 'The registry did not answer a moment ago.');
      if (probes) probing = true;
      try {
        const answer = await (isLocal ? withinTry(work()) : work());
        lostAtMs = null;
        return answer;
      } catch (error) {
        if (error instanceof Failure && error.type === 'registry.unavailable') lostAtMs = nowMs();
        throw error;
      } finally {
        if (probes) probing = false;
      }
    },
  };
}

/** Waiting for a connection and for the answer may take longer together than one local try has (2 s). */
const tryMs = 1_700;

async function withinTry<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new Failure('registry.unavailable', 'The registry does not answer in time.');
    timer = setTimeout(() => reject(failure), tryMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
