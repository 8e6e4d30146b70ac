import { createGuard, vendorOf } from '../vendors/index.ts';
import type { Guard, vendors } from '../vendors/index.ts';
import { callLimits } from './bare-activity.ts';
import { guardOptions } from './grounds.ts';
import { apiKey } from './organizations.ts';
import type { StandIns } from './stand-in-process.ts';

export type VendorName = keyof typeof vendors;
export type Call = () => Promise<void>;

export const prompt = {
  system: 'You are the assistant of a service desk.',
  turns: [{ by: 'user', text: 'Summarize the request. '.repeat(40) }],
  answer: { kind: 'text' },
} as const;
export const upstreamId = 'fixed';
export const maxOutputTokens = 4_096;

interface Registered {
  readonly settings: object;
  readonly credential: object;
  readonly upstreamId?: string;
}

/** Each vendor as it is registered, with an endpoint of the fixed reply. */
const registered: Readonly<Record<VendorName, (endpoint: string, standIns: StandIns) => Registered>> = {
  custom: (endpoint) => ({ settings: { baseUrl: `${endpoint}/v1` }, credential: { apiKey } }),
  openai: (endpoint) => ({ settings: { baseUrl: `${endpoint}/v1` }, credential: { apiKey } }),
  anthropic: (endpoint) => ({ settings: { baseUrl: endpoint }, credential: { apiKey } }),
  'azure-openai': (endpoint) => ({ settings: { endpoint }, credential: { apiKey } }),
  'google-vertex-ai': (endpoint, { accounts }) => ({
    settings: { project: 'bench', location: 'us-central1', endpoint },
    credential: { serviceAccount: accounts.google },
    upstreamId: 'gemini-2.5-flash',
  }),
  'oracle-oci': (endpoint, { accounts }) => ({
    settings: { region: 'us-chicago-1', compartmentId: 'ocid1.compartment.oc1..bench', endpoint },
    credential: accounts.oracle,
    upstreamId: 'xai.grok-3',
  }),
  'amazon-bedrock': (endpoint, { accounts }) => ({
    settings: { region: 'us-east-1', endpoint },
    credential: accounts.aws,
    upstreamId: 'us.amazon.nova-lite-v1:0',
  }),
};

export const vendorNames = Object.keys(registered) as readonly VendorName[];

/** The one route of a vendor and a way to answer, so that each has a reply of its own. */
export function endpointOf({ fixed }: StandIns, vendor: VendorName, streaming: boolean): string {
  return `${fixed}/${vendor}-${streaming ? 'streamed' : 'whole'}`;
}

export function createGuardTo({ wellKnown }: StandIns): Guard {
  return createGuard({ ...guardOptions, wellKnown });
}

/** One call as an activity makes it: settings and credential are checked, the answer is read and judged. */
export function createVendorCall(
  standIns: StandIns,
  vendor: VendorName,
  streaming: boolean,
  guard: Guard,
): Call {
  const given = registered[vendor](endpointOf(standIns, vendor, streaming), standIns);
  const endpoint = { upstreamId, ...given, maxOutputTokens, streaming, maxTokensField: null };
  return async () => {
    const { signal } = new AbortController();
    const control = { signal, limits: callLimits, guard, onProgress: () => {} };
    const { finish } = await vendorOf(vendor).invoke(prompt, endpoint, control);
    if (finish !== 'stop') throw new Error(`The adapter read an answer that ended ${finish}.`);
  };
}
