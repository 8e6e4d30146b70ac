import { cancellationSignal } from '@temporalio/activity';
import type { VendorReply } from '../contract/index.ts';
import { vendors } from '../vendors/index.ts';
import type { Guard, Prompt } from '../vendors/index.ts';
import { apiKey, textRoute } from './organizations.ts';

/** The call that a run of ours makes, without the run. */
export interface BareCall {
  readonly prompt: Prompt;
  readonly upstreamId: string;
  readonly maxOutputTokens: number;
  readonly streaming: boolean;
}

export interface BareActivities {
  callModel(call: BareCall): Promise<VendorReply>;
}

/** As the registry has them where a model says nothing. */
export const callLimits = { firstTokenMs: 30_000, idleMs: 20_000, totalMs: 600_000 } as const;

/** The same adapter and the same guard, with address and key from the worker's own settings. */
export function createCallModel(guard: Guard, vendorsOrigin: string): BareActivities['callModel'] {
  const settings = { baseUrl: `${vendorsOrigin}/${textRoute}/v1` };
  return ({ prompt, upstreamId, maxOutputTokens, streaming }) =>
    vendors.custom.invoke(
      prompt,
      {
        settings,
        credential: { apiKey },
        upstreamId,
        maxOutputTokens,
        streaming,
        maxTokensField: null,
      },
      { signal: cancellationSignal(), limits: callLimits, guard, onProgress: () => {} },
    );
}
