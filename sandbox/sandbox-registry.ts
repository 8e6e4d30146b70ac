import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { readRegistryFile } from '../registry/index.ts';
import type { RegistryFile } from '../registry/index.ts';
import type { SandboxVendors } from '../testing/index.ts';

const path = new URL('registry.yaml', import.meta.url);

/** `sandbox/registry.yaml`, with the address of this start's stand-in vendors and credentials made for this start; `edit` changes its text first. */
export async function sandboxRegistry(
  vendors: SandboxVendors,
  edit: (text: string) => string = (text) => text,
): Promise<RegistryFile> {
  const { aws, entra, google, oracle } = await vendors.accounts();
  const env = {
    BYOM_SANDBOX_VENDORS: vendors.origin,
    BYOM_SANDBOX_KEY: `sandbox-${randomBytes(12).toString('hex')}`,
    BYOM_SANDBOX_AWS_ID: aws.accessKeyId,
    BYOM_SANDBOX_AWS_SECRET: aws.secretAccessKey,
    BYOM_SANDBOX_ENTRA_TENANT: entra.tenantId,
    BYOM_SANDBOX_ENTRA_CLIENT: entra.clientId,
    BYOM_SANDBOX_ENTRA_SECRET: entra.clientSecret,
    BYOM_SANDBOX_GOOGLE_KEY: JSON.stringify(google),
    BYOM_SANDBOX_OCI_TENANCY: oracle.tenancyId,
    BYOM_SANDBOX_OCI_USER: oracle.userId,
    BYOM_SANDBOX_OCI_FINGERPRINT: oracle.fingerprint,
    BYOM_SANDBOX_OCI_KEY: oracle.privateKey,
  };
  return readRegistryFile(edit(readFileSync(path, 'utf8')), {
    env,
    readFile: noFile,
    name: 'sandbox/registry.yaml',
  });
}

function noFile(): never {
  throw new Error('The sandbox registry refers to no file.');
}

/** One real endpoint that stands in for every model, when the user names one. */
export interface RealEndpoint {
  readonly vendor: 'openai' | 'custom';
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  readonly model: string;
}

/** `BYOM_DEMO_BASE_URL` (+ `BYOM_DEMO_MODEL`, `BYOM_DEMO_API_KEY`), else `OPENAI_API_KEY`, else none. */
export function findRealEndpoint(env: NodeJS.ProcessEnv): RealEndpoint | null {
  const { BYOM_DEMO_BASE_URL: baseUrl, BYOM_DEMO_API_KEY: apiKey, OPENAI_API_KEY: openaiKey } = env;
  if (baseUrl)
    return { vendor: 'custom', baseUrl, apiKey: apiKey ?? null, model: env['BYOM_DEMO_MODEL'] ?? 'default' };
  if (!openaiKey) return null;
  return {
    vendor: 'openai',
    baseUrl: null,
    apiKey: openaiKey,
    model: env['BYOM_DEMO_MODEL'] ?? 'gpt-4o-mini',
  };
}

/** Each answer of the use cases fits; a small model on a CPU that runs on would take minutes to the usual limit. */
const enoughTokens = 400;

/** Loopback, and the address that the user named, should it be a private one. */
export function rangesOf({ baseUrl }: RealEndpoint): readonly string[] {
  const host = baseUrl === null ? '' : new URL(baseUrl).hostname;
  return ['127.0.0.0/8', ...(/^\d+\.\d+\.\d+\.\d+$/.test(host) ? [`${host}/32`] : [])];
}

/** The same registry with every provider at the real endpoint. */
export function atRealEndpoint(file: RegistryFile, endpoint: RealEndpoint): RegistryFile {
  const { vendor, baseUrl, apiKey, model } = endpoint;
  const organizations = file.organizations.map((organization) => ({
    ...organization,
    providers: organization.providers.map((provider) => ({
      ...provider,
      vendor,
      settings: baseUrl === null ? {} : { baseUrl },
      credential: apiKey === null ? null : { apiKey },
    })),
    models: organization.models.map((one) => ({
      ...one,
      upstreamId: model,
      limits: { ...one.limits, maxOutputTokens: enoughTokens },
    })),
  }));
  return { ...file, organizations };
}
