import { z } from 'zod';
import type { VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { bedrockRequest, type BedrockTarget } from './bedrock-request.ts';
import { withinDeadlines, type Watch } from './deadlines.ts';
import { defineVendor, misconfigured } from './define-vendor.ts';
import { findFailure } from './errors/find-failure.ts';
import { askedMode, sendOnce } from './exchange.ts';
import { readList, textIn, toList } from './fetch-list.ts';
import { baseUrl, secret } from './schemas.ts';
import type { Account, Endpoint, ListedModel, Prompt, Reach } from './vendor.ts';
import { bedrockConverse, toConverseInput } from './wire/bedrock-converse.ts';
import { readAnswer } from './wire/read-answer.ts';
import { asList, type Json } from './wire/wire.ts';

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
  const input = toConverseInput(prompt, { modelId, maxTokens });
  const { url, init } = await bedrockRequest(
    targetOf(endpoint, urlOf),
    ({ ConverseCommand, ConverseStreamCommand }) =>
      streaming ? new ConverseStreamCommand(input) : new ConverseCommand(input),
  );
  const parts = { reach: reach.fetch, watch, words: bedrockConverse.errors, mode: askedMode(prompt) };
  const response = await sendOnce(parts, url, init);
  // Frames are known by their type. Whatever else came is no stream.
  return readAnswer(response, bedrockConverse, false, watch);
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
    const target = targetOf(account, listUrlOf);
    const { url, init } = await bedrockRequest(target, ({ ConverseCommand }) => {
      const command = new ConverseCommand({ modelId: 'none', messages: [] });
      command.middlewareStack.add(
        (next) => (made) => {
          const root = new URL(target.baseUrl).pathname.replace(/\/+$/, '');
          const get = { method: 'GET', path: `${root}${path}`, query, headers: {}, body: undefined };
          return next({ ...made, request: Object.assign(made.request as object, get) });
        },
        { step: 'build', priority: 'low' },
      );
      return command;
    });
    const { errors: words } = bedrockConverse;
    const response = await sendOnce({ reach: reach.fetch, watch, words, mode: null }, url, init);
    return readList(response, words, watch);
  });
}

function targetOf(
  { settings: provider, credential: given }: Account<Settings, Credential>,
  toUrl: (provider: Settings) => string,
): BedrockTarget {
  return { baseUrl: toUrl(provider), region: provider.region, credential: given };
}
