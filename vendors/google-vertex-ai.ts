import { z } from 'zod';
import type { VendorReply } from '../contract/index.ts';
import { audienceOf } from './audience.ts';
import { withinDeadlines } from './deadlines.ts';
import { defineVendor, misconfigured } from './define-vendor.ts';
import { findFailure } from './errors/find-failure.ts';
import { parseJson } from './errors/vendor-error.ts';
import { askedMode, jsonHeaders, exchange } from './exchange.ts';
import { loadSdk } from './load-sdk.ts';
import { baseUrl, secret } from './schemas.ts';
import { googleToken } from './tokens/google-token.ts';
import type { Endpoint, Prompt, Reach } from './vendor.ts';
import { gemini, toGeminiRequest } from './wire/gemini.ts';
import { readAnswer } from './wire/read-answer.ts';

const publicUrl = 'https://aiplatform.googleapis.com';

const settings = z
  .strictObject({
    /** The id of a Google Cloud project, old ones with their domain (`example.com:project`), or its number. */
    project: z
      .string()
      .max(128)
      .regex(/^(?:[a-z0-9.-]+:)?[a-z0-9-]{1,63}$/, 'must be the id of a Google Cloud project')
      .optional(),
    /** `global`, a multi-region (`us`, `eu`) or a region. */
    location: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/, 'must be a Google Cloud location, such as global or europe-west4')
      .optional(),
    endpoint: baseUrl.optional(),
  })
  .refine(
    ({ project, location }) => (project === undefined) === (location === undefined),
    'must hold both project and location, or neither of them with an API key',
  );

/** The file that Google's console downloads, as an object or as its JSON text; what is not named here is dropped. */
const serviceAccount = z.preprocess(
  (given) => (typeof given === 'string' ? (parseJson(given) ?? given) : given),
  z.object({
    // The other types of credential files name addresses to ask and files to read: a tenant's must not.
    type: z
      .string()
      .refine(
        (type) => type === 'service_account',
        'must be service_account: no other type of file is accepted',
      ),
    client_email: z
      .string()
      .max(512)
      .regex(/^[^\s@]+@[^\s@]+$/, 'must be the e-mail address of the account'),
    private_key: z
      .string()
      .max(16_384)
      .regex(/^\s*-----BEGIN (RSA )?PRIVATE KEY-----/, 'must be an RSA key in PEM, as it was downloaded'),
    private_key_id: secret.optional(),
    project_id: secret.optional(),
    universe_domain: z
      .string()
      .refine(
        (domain) => domain === 'googleapis.com',
        'must be googleapis.com: no other universe is supported',
      )
      .optional(),
  }),
);

const credential = z
  .strictObject({ serviceAccount: serviceAccount.optional(), apiKey: secret.optional() })
  .refine(
    (given) => (given.serviceAccount === undefined) !== (given.apiKey === undefined),
    'must hold one of serviceAccount, apiKey and workload',
  );
const identity = z.strictObject({ workload: z.literal(true) });
const lent = z.strictObject({ accessToken: secret });

type Settings = z.infer<typeof settings>;
type Credential = Partial<z.infer<typeof credential> & z.infer<typeof lent>>;

/** Google's Vertex AI: Gemini, and whatever else answers to `generateContent` there. */
export const googleVertexAi = defineVendor<Settings, Credential>({
  settings,
  credential,
  identity,
  lent,
  needsCredential: true,
  sdk: '@google/genai',
  hosts: (provider, wellKnown) => [
    new URL(baseUrlOf(provider)).origin,
    new URL(wellKnown.googleToken).origin,
  ],
  audience: ({ endpoint }) =>
    endpoint === undefined ? 'google-vertex-ai:googleapis.com' : audienceOf('google-vertex-ai', endpoint),
  call,
});

/** The hosts of multi-regions have a shape of their own: cloud.google.com/vertex-ai/generative-ai/docs/learn/locations. */
function baseUrlOf({ endpoint, location = 'global' }: Settings): string {
  if (endpoint !== undefined) return endpoint;
  if (location === 'global') return publicUrl;
  return location === 'us' || location === 'eu'
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`;
}

function call(prompt: Prompt, endpoint: Endpoint<Settings, Credential>, reach: Reach): Promise<VendorReply> {
  const { settings: provider, streaming } = endpoint;
  return withinDeadlines(reach, streaming, async (watch) => {
    checkPlace(endpoint);
    const { GoogleGenAI } = await loadSdk('@google/genai', () => import('@google/genai'));
    const { headers, refused } = await identify(endpoint.credential ?? {}, reach, watch.signal);
    const parts = {
      reach: reach.fetch,
      watch,
      words: gemini.errors,
      mode: askedMode(prompt),
      headers: {
        ...jsonHeaders,
        ...headers,
      },
    };
    const response = await exchange(parts, (fetch) => {
      const { models } = quietly(
        () =>
          new GoogleGenAI({
            vertexai: true,
            // Each of these would otherwise be read from the worker's environment, or make it look for credentials of the
            // machine. The real key is in the headers above, and without a project the location is in no path.
            apiKey: 'in-the-headers',
            project: provider.project ?? '',
            location: provider.location ?? 'global',
            httpOptions: { baseUrl: baseUrlOf(provider), apiVersion: 'v1', fetch },
          }),
      );
      const request = toGeminiRequest(prompt, {
        model: endpoint.upstreamId,
        maxOutputTokens: endpoint.maxOutputTokens,
        signal: watch.signal,
      });
      return streaming ? models.generateContentStream(request) : models.generateContent(request);
    }).catch((thrown: unknown) => {
      if (findFailure(thrown)?.hints.httpStatus === 401) refused();
      throw thrown;
    });
    return readAnswer(response, gemini, streaming, watch);
  });
}

/** A model's name, with or without its publisher, or the full name of a tuned one. It becomes part of the path. */
const modelName =
  /^(?!.*\.\.)(?:(?:projects\/[\w.:-]+\/locations\/[\w-]+\/)?publishers\/[\w.-]+\/models\/|projects\/[\w.:-]+\/locations\/[\w-]+\/(?:endpoints|models)\/)?[\w.@:-]+$/;

/** What only the three together can tell. */
function checkPlace({
  settings: provider,
  credential: given,
  upstreamId,
}: Endpoint<Settings, Credential>): void {
  for (const field of ['project', 'location'] as const) {
    if (provider[field] === undefined && given?.apiKey === undefined) {
      throw misconfigured(
        `The provider's settings.${field} is missing: only an API key goes without. Set it and save the provider.`,
      );
    }
  }
  if (!modelName.test(upstreamId)) {
    throw misconfigured(
      "The model's upstreamId is no name of a model at Vertex. Write it like gemini-2.5-flash or publishers/google/models/gemini-2.5-flash.",
    );
  }
}

interface Identified {
  readonly headers: Readonly<Record<string, string>>;
  /** To be called when the vendor did not believe it. */
  refused(): void;
}

async function identify(given: Credential, reach: Reach, signal: AbortSignal): Promise<Identified> {
  if (given.apiKey !== undefined) return { headers: { 'x-goog-api-key': given.apiKey }, refused: () => {} };
  if (given.serviceAccount === undefined)
    return { headers: bearer(given.accessToken ?? ''), refused: () => {} };
  const token = await googleToken(given.serviceAccount, reach, signal);
  return { headers: bearer(token.value), refused: token.forget };
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

/**
 * The package tells the console what it finds in the environment (`GOOGLE_API_KEY` beside `GEMINI_API_KEY`, in 2.32 and
 * 3.1), though none of it counts here. Nothing else runs while it is silent.
 */
function quietly<T>(make: () => T): T {
  const { debug, warn } = console;
  Object.assign(console, { debug: () => {}, warn: () => {} });
  try {
    return make();
  } finally {
    Object.assign(console, { debug, warn });
  }
}
