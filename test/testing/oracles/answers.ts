import type { Fault, SandboxAccounts, SandboxVendors } from '../../../testing/index.ts';
import { fetchWithOciSignature } from '../../../vendors/tokens/oci-signature.ts';
import type { SdkTypes } from './sdk-types.ts';

export type FormatName = keyof SdkTypes;
type Kind = keyof SdkTypes[FormatName];

/** One thing that a stand-in said, as it went over the wire. */
export interface Said {
  readonly format: FormatName;
  readonly kind: Kind;
  /** When it said it. */
  readonly when: string;
  readonly value: unknown;
}

interface Ask {
  readonly path: (streaming: boolean) => string;
  readonly headers: Readonly<Record<string, string>>;
  /** `tool`: JSON by a tool that must be called, where the format has that. */
  readonly body: (streaming: boolean, tool: boolean) => object;
  readonly hasTool?: boolean;
}

const question = 'Tell me about the dead keys of this laptop';
const messages = [{ role: 'user', content: question }];
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

const chatBody: Ask['body'] = (stream) => ({
  model: 'm',
  messages,
  stream,
  ...(stream ? { stream_options: { include_usage: true } } : {}),
});
const responsesBody: Ask['body'] = (stream) => ({ model: 'm', input: question, stream, store: false });
const ociBody =
  (apiFormat: string, modelId: string): Ask['body'] =>
  (isStream) => ({
    compartmentId: 'ocid1.compartment.oc1..aaaa',
    servingMode: { servingType: 'ON_DEMAND', modelId },
    chatRequest: {
      apiFormat,
      messages: [{ role: 'USER', content: [{ type: 'TEXT', text: question }] }],
      isStream,
      streamOptions: { isIncludeUsage: true },
    },
  });
const oci = { path: () => '20231130/actions/chat', headers: { 'content-type': 'application/json' } };
const key = { authorization: 'Bearer some-key' };
const azureKey = { 'api-key': 'some-key' };

export const asks: Readonly<Record<FormatName, Ask>> = {
  chat: { path: () => 'v1/chat/completions', headers: key, body: chatBody },
  responses: { path: () => 'v1/responses', headers: key, body: responsesBody },
  'azure-chat': {
    path: () => 'openai/deployments/m/chat/completions',
    headers: azureKey,
    body: chatBody,
  },
  'azure-responses': { path: () => 'openai/v1/responses', headers: azureKey, body: responsesBody },
  gemini: {
    path: (streaming) =>
      `v1/projects/p/locations/l/publishers/google/models/m:${streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: { 'x-goog-api-key': 'some-key' },
    body: () => ({ contents: [{ role: 'user', parts: [{ text: question }] }] }),
  },
  bedrock: {
    path: (streaming) => `model/m/converse${streaming ? '-stream' : ''}`,
    headers: key,
    hasTool: true,
    body: (_streaming, tool) => ({
      messages: [{ role: 'user', content: [{ text: question }] }],
      ...(tool
        ? {
            toolConfig: {
              tools: [{ toolSpec: { name: 'respond', inputSchema: { json: schema } } }],
              toolChoice: { tool: { name: 'respond' } },
            },
          }
        : {}),
    }),
  },
  'oci-generic': { ...oci, body: ociBody('GENERIC', 'meta.llama-3.3-70b-instruct') },
  'oci-cohere': { ...oci, body: ociBody('COHEREV2', 'cohere.command-a-03-2025') },
  anthropic: {
    path: () => 'v1/messages',
    headers: { 'x-api-key': 'some-key' },
    hasTool: true,
    body: (stream, tool) => ({
      model: 'm',
      max_tokens: 500,
      messages,
      stream,
      ...(tool
        ? {
            tools: [{ name: 'respond', input_schema: schema }],
            tool_choice: { type: 'tool', name: 'respond' },
          }
        : {}),
    }),
  },
};

const ends: readonly (readonly [when: string, fault: Fault | null])[] = [
  ['that ends well', null],
  ['cut by the token limit', { kind: 'truncated', times: 1 }],
  ['that refuses', { kind: 'refusal', times: 1 }],
  ['that a filter stopped', { kind: 'content-filter', times: 1 }],
];
const statuses = [400, 401, 403, 404, 429, 500, 503];

/** Everything that a stand-in says in one format: each ending, whole and streamed, and its errors. */
export async function saidIn(format: FormatName, vendors: SandboxVendors): Promise<readonly Said[]> {
  const send = senderOf(format, vendors, await vendors.accounts());
  const said: Said[] = [];
  for (const streaming of [false, true]) {
    for (const [when, fault] of ends) {
      if (fault !== null) vendors.fault(format, fault);
      said.push(...(await send(when, streaming)));
    }
    if (asks[format].hasTool === true) said.push(...(await send('that calls a tool', streaming, true)));
  }
  for (const status of statuses) {
    vendors.fault(format, { kind: 'status', status, times: 1 });
    said.push(...(await send(`of status ${status}`, false)));
  }
  return said;
}

function senderOf(format: FormatName, vendors: SandboxVendors, { oracle }: SandboxAccounts) {
  const { path, headers, body } = asks[format];
  const post = format.startsWith('oci-') ? fetchWithOciSignature(fetch, oracle) : fetch;
  return async (when: string, streaming: boolean, tool = false): Promise<readonly Said[]> => {
    const response = await post(`${vendors.endpoint(format)}/${path(streaming)}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body(streaming, tool)),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return [{ format, kind: 'problem', when, value: JSON.parse(bytes.toString()) }];
    if (!streaming) return [{ format, kind: 'whole', when, value: JSON.parse(bytes.toString()) }];
    const events = format === 'bedrock' ? framesIn(bytes) : serverEventsIn(bytes.toString());
    return events.map((value) => ({ format, kind: 'event', when, value }));
  };
}

/** The data of server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html), without OpenAI's sentinel. */
export function serverEventsIn(text: string): readonly unknown[] {
  return text
    .split(/\r?\n\r?\n/)
    .map((event) => /^data: (.*)$/m.exec(event)?.[1])
    .filter((data) => data !== undefined && data !== '[DONE]')
    .map((data): unknown => JSON.parse(data ?? ''));
}

/** Amazon's binary events as the SDK's union of them: the name of the one that came, and its payload. */
export function framesIn(bytes: Buffer): readonly Readonly<Record<string, unknown>>[] {
  const events: Record<string, unknown>[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const payloadAt = at + 12 + bytes.readUInt32BE(at + 4);
    const payload = bytes.subarray(payloadAt, at + length - 4).toString();
    events.push({ [eventTypeIn(bytes.subarray(at + 12, payloadAt))]: JSON.parse(payload) });
    at += length;
  }
  return events;
}

/** A header is its name, a byte for its kind, two for its length, and its text. */
function eventTypeIn(headers: Buffer): string {
  const name = ':event-type';
  const lengthAt = headers.indexOf(name) + name.length + 1;
  const textAt = lengthAt + 2;
  return headers.subarray(textAt, textAt + headers.readUInt16BE(lengthAt)).toString();
}
