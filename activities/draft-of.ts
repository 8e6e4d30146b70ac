import { answeredDraft } from '../contract/index.ts';
import type { InvokeRequest, OutcomeDraft, VendorReply } from '../contract/index.ts';

/** The outcome of a text run with this answer in it, so that storing the answer ends the run; null for a plan. */
export function draftOf(
  { draft, candidate, hop, askedAtMs }: InvokeRequest,
  { text, finish }: VendorReply,
): OutcomeDraft | null {
  const durationMs = Math.max(0, Date.now() - askedAtMs);
  return draft && answeredDraft(draft, { candidate, hop, durationMs, text, truncated: finish === 'length' });
}
