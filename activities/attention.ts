import { log } from '@temporalio/activity';
import type { FailureType } from '../contract/index.ts';

/** Something that only an admin can mend; runs go on by their policy meanwhile. Ids only, nothing of a run's content. */
export interface Attention {
  /** Whose provider it is: `platform` for the platform's own. */
  readonly org: string;
  readonly provider: string;
  readonly model: string;
  readonly vendor: string;
  readonly failure: FailureType;
}

/** The host's way to hear of it at once, instead of asking `GET …/attention`. */
export type OnAttention = (attention: Attention) => void;

/** What no retry and no other model mends. */
const forAdmins: ReadonlySet<FailureType> = new Set([
  'model.unauthorized',
  'model.forbidden',
  'model.not-found',
  'model.quota-exhausted',
  'model.misconfigured',
]);

const silenceMs = 60 * 60 * 1000;

/** Tells each fault of a provider once an hour, however many runs meet it. A hook that throws is logged and harms no run. */
export function createAttention(tell: OnAttention, nowMs: () => number = Date.now): OnAttention {
  const toldAtMs = new Map<string, number>();
  return (attention) => {
    const { org, provider, failure } = attention;
    if (!forAdmins.has(failure)) return;
    const key = JSON.stringify([org, provider, failure]);
    const now = nowMs();
    if (now - (toldAtMs.get(key) ?? -silenceMs) < silenceMs) return;
    for (const [known, at] of toldAtMs) if (now - at >= silenceMs) toldAtMs.delete(known);
    toldAtMs.set(key, now);
    try {
      tell(attention);
    } catch {
      log.warn('The hook onAttention failed.', { org, provider, failure });
    }
  };
}
