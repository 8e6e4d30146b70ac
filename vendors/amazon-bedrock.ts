import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { z } from 'zod';
import { Failure, type VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { awsConfig } from './aws-config.ts';
import { withinDeadlines, type Watch } from './deadlines.ts';
import { defineVendor, misconfigured } from './define-vendor.ts';
import { findFailure } from './errors/find-failure.ts';
import { reportedToFailure } from './errors/to-failure.ts';
import { askedMode, exchange } from './exchange.ts';
import { createSmithyHandler } from './guard/smithy-handler.ts';
import { readList, textIn, toList } from './fetch-list.ts';
import { loadSdk } from './load-sdk.ts';
import { baseUrl, secret } from './schemas.ts';
import type { Account, Endpoint, ListedModel, Prompt, Reach } from './vendor.ts';
import { passFrames } from './wire/aws-frames.ts';
import { bedrockConverse, toConverseInput } from './wire/bedrock-converse.ts';
import { readAnswer } from './wire/read-answer.ts';
import { readEvents } from './wire/read-events.ts';
import { asList, asObject, asText, invalidAnswer, type Json } from './wire/wire.ts';

/** Spliced into a host. */
const region = z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be the name of a region, such as us-east-1');

const settings = z.strictObject({ region, endpoint: baseUrl.optional() });

const credential = z.union(
  [
    z.strictObject({ accessKeyId: secret, secretAccessKey: secret, sessionToken: secret.optional() }),
    z.strictObject({ apiKey: secret }),
  ],
  {
    error: 'must hold accessKeyId and secretAccessKey (with sessionToken, if they are temporary), or apiKey',
  },
);

const identity = z.union([
  z.strictObject({
    roleArn: z
      .string()
      .max(2_048)
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role'),
  }),
  z.strictObject({ workload: z.literal(true) }),
]);

type Settings = z.infer<typeof settings>;
type Credential = z.infer<typeof credential>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Amazon Bedrock, through Converse: one format for the models of all its makers. */
export const amazonBedrock = defineVendor<Settings, Credential>({
  settings,
  credential,
  identity,
  needsCredential: true,
  sdk: '@aws-sdk/client-bedrock-runtime',
  hosts: (provider) => [new URL(urlOf(provider)).origin],
  audience: ({ endpoint }) =>
    endpoint === undefined ? 'amazon-bedrock:amazonaws.com' : audienceOf('amazon-bedrock', endpoint),
  listModels,
  listHosts: (provider) => [new URL(listUrlOf(provider)).origin],
  call: (prompt, endpoint, reach) =>
    withinDeadlines(reach, endpoint.streaming, (watch) => converse(prompt, endpoint, reach, watch)),
});

function urlOf(provider: Settings): string {
  return provider.endpoint?.replace(/\/+$/, '') ?? `https://bedrock-runtime.${provider.region}.amazonaws.com`;
}

/** Models are listed by Bedrock's other API, which has a host of its own and takes the same credentials. */
function listUrlOf(provider: Settings): string {
  return provider.endpoint?.replace(/\/+$/, '') ?? `https://bedrock.${provider.region}.amazonaws.com`;
}

async function converse(
  prompt: Prompt,
  endpoint: Endpoint<Settings, Credential>,
  reach: Reach,
  watch: Watch,
): Promise<VendorReply> {
  const { streaming, upstreamId: modelId, maxOutputTokens: maxTokens } = endpoint;
  if (!/^[\w:-][\w.:/-]*$/.test(modelId)) {
    throw misconfigured(
      "The model's upstreamId is none of Bedrock's: enter a model id, the id of an inference profile, or an ARN.",
    );
  }
  const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = await loadSdk(
    '@aws-sdk/client-bedrock-runtime',
    () => import('@aws-sdk/client-bedrock-runtime'),
  );
  const input = toConverseInput(prompt, { modelId, maxTokens });
  const isEventStream = (answer: Response): boolean =>
    streaming && /^application\/vnd\.amazon\.eventstream/i.test(answer.headers.get('content-type') ?? '');
  const kept: { reader: Reader | null; events: AsyncIterable<unknown> } = { reader: null, events: nothing() };

  const send = async (fetch: typeof globalThis.fetch): Promise<void> => {
    const requestHandler = createSmithyHandler(fetch, (answer) => {
      if (answer.body === null || !isEventStream(answer)) return answer.body;
      kept.reader = answer.body.getReader();
      return passFrames(kept.reader);
    });
    const client = new BedrockRuntimeClient({ ...configOf(endpoint), requestHandler });
    if (!streaming) return void (await client.send(new ConverseCommand(input)));
    const { stream } = await client.send(new ConverseStreamCommand(input)).catch((thrown: unknown) => {
      // The SDK reads the first event before it hands the stream over.
      throw kept.reader === null ? thrown : fromStream(thrown);
    });
    kept.events = stream ?? nothing();
  };
  const parts = { reach: reach.fetch, watch, words: bedrockConverse.errors, mode: askedMode(prompt) };
  const response = await exchange({ ...parts, readBySdk: isEventStream }, send);
  const { reader, events } = kept;
  if (reader === null) return readAnswer(response, bedrockConverse, false, watch);
  return readEvents(decoded(events), bedrockConverse.openStream(), watch, () => reader.cancel());
}

/**
 * The models that are called by their own id, and the inference profiles that stand for all others
 * (docs.aws.amazon.com/bedrock/latest/APIReference, ListFoundationModels and ListInferenceProfiles). Profiles are a right
 * of their own: whoever lacks it sees the models.
 */
async function listModels(
  account: Account<Settings, Credential>,
  reach: Reach,
): Promise<readonly ListedModel[]> {
  const models = await ask(account, reach, '/foundation-models', {
    byInferenceType: 'ON_DEMAND',
    byOutputModality: 'TEXT',
  });
  const profiles = await ask(account, reach, '/inference-profiles', { maxResults: '1000' }).catch(
    (thrown: unknown): Json => {
      if (findFailure(thrown)?.type === 'model.forbidden') return {};
      throw thrown;
    },
  );
  return toList([
    ...asList(profiles['inferenceProfileSummaries']).map((one) => ({
      upstreamId: textIn(one, 'inferenceProfileId'),
      name: textIn(one, 'inferenceProfileName'),
    })),
    ...asList(models['modelSummaries']).map((one) => ({
      upstreamId: textIn(one, 'modelId'),
      name: textIn(one, 'modelName'),
    })),
  ]);
}

/** The runtime's package has no command for a GET, but it signs whatever a command was made into before that. */
function ask(
  account: Account<Settings, Credential>,
  reach: Reach,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Json> {
  return withinDeadlines(reach, false, async (watch) => {
    const { BedrockRuntimeClient, ConverseCommand } = await loadSdk(
      '@aws-sdk/client-bedrock-runtime',
      () => import('@aws-sdk/client-bedrock-runtime'),
    );
    const { errors: words } = bedrockConverse;
    const response = await exchange({ reach: reach.fetch, watch, words, mode: null }, async (fetch) => {
      const requestHandler = createSmithyHandler(fetch);
      const endpoint = listUrlOf(account.settings);
      const client = new BedrockRuntimeClient({ ...configOf(account), endpoint, requestHandler });
      client.middlewareStack.add(
        (next) => (made) => {
          const request = made.request as Json & { readonly headers: object };
          const root = new URL(endpoint).pathname.replace(/\/+$/, '');
          const get = { method: 'GET', path: `${root}${path}`, query, headers: {}, body: undefined };
          return next({ ...made, request: Object.assign(request, get) });
        },
        { step: 'build', priority: 'low' },
      );
      await client.send(new ConverseCommand({ modelId: 'none', messages: [] }));
    });
    return readList(response, words, watch);
  });
}

function configOf({ settings: provider, credential: given }: Account<Settings, Credential>) {
  return { ...awsConfig, ...authOf(given), endpoint: urlOf(provider), region: provider.region };
}

/**
 * Without `authSchemePreference` the token in a worker's `AWS_BEARER_TOKEN_BEDROCK` wins over a tenant's keys (seen
 * 2026-11-23).
 */
function authOf(given: Credential | null): BedrockRuntimeClientConfig {
  if (given === null) throw misconfigured('The provider has no credential. Set one.');
  if ('apiKey' in given) {
    return {
      token: { token: given.apiKey },
      authSchemePreference: ['httpBearerAuth'],
      // In place of the chain that looks for keys everywhere on the worker's machine.
      credentialDefaultProvider: () => () => Promise.reject(new Error('never asked')),
    };
  }
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    authSchemePreference: ['sigv4'],
  };
}

async function* nothing(): AsyncGenerator<never> {}

async function* decoded(events: AsyncIterable<unknown>): AsyncGenerator<Json | null> {
  try {
    for await (const event of events) yield asObject(event);
  } catch (thrown) {
    throw fromStream(thrown);
  }
}

/** What the SDK throws while it reads: an error that the vendor put into the stream is named by it, a damage is not. */
function fromStream(thrown: unknown): Failure {
  const ours = findFailure(thrown);
  // A new one: the SDK writes a hint and the whole response onto what comes with the first event (seen 2026-11-24).
  if (ours !== null) return new Failure(ours.type, ours.message.split('\n')[0], ours.hints);
  const error = asObject(thrown);
  const name = asText(error?.['name']);
  if (/^([A-Z][a-z]+)?Error$/.test(name)) return invalidAnswer('A part of the answer arrived damaged.');
  return reportedToFailure({ code: name, message: asText(error?.['message']) }, bedrockConverse.errors);
}
