import type { Usage } from './outcome.ts';

/** What a vendor said, in our words: made in `vendors/`, kept sealed by `registry/`, read by `activities/`. */
export interface VendorReply {
  readonly text: string;
  /** `length`: cut by the token limit · `refusal`: the model declined. A filtered answer is a failure, not a reply. */
  readonly finish: 'stop' | 'length' | 'refusal';
  readonly usage: Usage | null;
}
