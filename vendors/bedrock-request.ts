import type * as Sdk from '@aws-sdk/client-bedrock-runtime';
import { awsConfig } from './aws-config.ts';
import { misconfigured } from './define-vendor.ts';
import {
  createSmithyHandler,
  toFetchCall,
  type FetchCall,
  type SmithyRequest,
} from './guard/smithy-handler.ts';
import { loadSdk } from './load-sdk.ts';
import { cacheKey, createLastUsed } from './tokens/last-used.ts';

/** What signs for a provider: keys, for a time or not, or an API key. */
type BedrockCredential =
  | {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    }
  | { readonly apiKey: string };

/** Where a request goes, and who signs it. */
export interface BedrockTarget {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly region: string;
  readonly credential: BedrockCredential | null;
}

type Command = Sdk.ConverseCommand | Sdk.ConverseStreamCommand;

/**
 * The request that Amazon's SDK makes of a command and signs, which it does not send. Throws `model.misconfigured` where
 * there is no credential, and whatever the SDK throws.
 */
export async function bedrockRequest(
  target: BedrockTarget,
  toCommand: (sdk: typeof Sdk) => Command,
): Promise<FetchCall> {
  const sdk = await loadSdk(
    '@aws-sdk/client-bedrock-runtime',
    () => import('@aws-sdk/client-bedrock-runtime'),
  );
  const made: unknown = await clientOf(target, sdk).send(toCommand(sdk) as Sdk.ConverseCommand);
  return toFetchCall((made as Taken).request);
}

/** What stands in for an answer. */
interface Taken {
  readonly $metadata: object;
  readonly request: SmithyRequest;
}

/** Each takes longer to make than a request. It holds a credential, so it serves no other target: the key is of all that is in it. */
const clients = createLastUsed<Sdk.BedrockRuntimeClient>(200);

function clientOf(target: BedrockTarget, sdk: typeof Sdk): Sdk.BedrockRuntimeClient {
  const key = cacheKey(target, target.baseUrl);
  const known = clients.get(key);
  if (known !== undefined) return known;
  const client = createClient(target, sdk);
  clients.set(key, client);
  return client;
}

function createClient(
  { baseUrl, region, credential }: BedrockTarget,
  { BedrockRuntimeClient: Client }: typeof Sdk,
): Sdk.BedrockRuntimeClient {
  const requestHandler = createSmithyHandler(() => Promise.reject(new Error('never asked')));
  const client = new Client({
    ...awsConfig,
    ...authOf(credential),
    endpoint: baseUrl,
    region,
    requestHandler,
  });
  client.middlewareStack.add(
    () => async (made) => {
      const taken = { $metadata: {}, request: made.request } as Taken;
      return { response: null, output: taken as unknown as Sdk.ServiceOutputTypes };
    },
    // Next to the transport, but before the SDK's own reader.
    { step: 'deserialize', priority: 'high', name: 'takeRequest' },
  );
  return client;
}

/**
 * Without `authSchemePreference` the token in a worker's `AWS_BEARER_TOKEN_BEDROCK` wins over a tenant's keys (seen
 * 2026-11-23).
 */
function authOf(given: BedrockCredential | null): Sdk.BedrockRuntimeClientConfig {
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
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    authSchemePreference: ['sigv4'],
  };
}
