import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const mark = 'env-planted';

/** Every variable by which a vendor's SDK lets the environment decide, each leading to a trap or carrying a mark. */
function variables(trap: string): Readonly<Record<string, string>> {
  return {
    OPENAI_API_KEY: mark,
    OPENAI_ADMIN_KEY: mark,
    OPENAI_ORG_ID: mark,
    OPENAI_PROJECT_ID: mark,
    OPENAI_BASE_URL: trap,
    OPENAI_CUSTOM_HEADERS: `Authorization: Bearer ${mark}\nX-Env: ${mark}`,
    OPENAI_LOG: 'debug',
    OPENAI_API_VERSION: mark,
    AZURE_OPENAI_API_KEY: mark,
    AZURE_OPENAI_ENDPOINT: trap,
    AZURE_OPENAI_AD_TOKEN: mark,
    AZURE_AUTHORITY_HOST: trap,
    AZURE_TENANT_ID: mark,
    AZURE_CLIENT_ID: mark,
    AZURE_CLIENT_SECRET: mark,
    AZURE_REGIONAL_AUTHORITY_NAME: mark,
    GOOGLE_API_KEY: mark,
    GEMINI_API_KEY: mark,
    GOOGLE_GENAI_USE_VERTEXAI: 'false',
    GOOGLE_VERTEX_BASE_URL: trap,
    GOOGLE_GEMINI_BASE_URL: trap,
    GOOGLE_CLOUD_PROJECT: mark,
    GOOGLE_CLOUD_LOCATION: mark,
    GOOGLE_CLOUD_QUOTA_PROJECT: mark,
    GOOGLE_APPLICATION_CREDENTIALS: `/${mark}.json`,
    AWS_BEARER_TOKEN_BEDROCK: mark,
    AWS_ACCESS_KEY_ID: mark,
    AWS_SECRET_ACCESS_KEY: mark,
    AWS_SESSION_TOKEN: mark,
    AWS_REGION: 'eu-planted-1',
    AWS_DEFAULT_REGION: 'eu-planted-1',
    AWS_PROFILE: mark,
    AWS_ENDPOINT_URL: trap,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: trap,
    AWS_ENDPOINT_URL_STS: trap,
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_MAX_ATTEMPTS: '7',
    OCI_REGION: mark,
    OCI_CONFIG_FILE: `/${mark}`,
    OCI_SDK_DEFAULT_CIRCUITBREAKER_ENABLED: 'true',
    OCI_SDK_DEFAULT_RETRY_ENABLED: 'true',
    ANTHROPIC_API_KEY: mark,
    ANTHROPIC_AUTH_TOKEN: mark,
    ANTHROPIC_BASE_URL: trap,
    ANTHROPIC_CUSTOM_HEADERS: `X-Env: ${mark}`,
    HTTP_PROXY: trap,
    HTTPS_PROXY: trap,
    NO_PROXY: '',
  };
}

export interface PlantedEnvironment {
  readonly mark: string;
  /** How many connections the trap saw. */
  visitors(): number;
  remove(): Promise<void>;
}

/** Plants them in this process. The trap begins to listen at once; its port is free until then. */
export async function plantEnvironment(): Promise<PlantedEnvironment> {
  let visitors = 0;
  const trap = createServer((_request, response) => void response.writeHead(200).end('{}'));
  trap.on('connection', () => (visitors += 1));
  await new Promise<void>((listening) => trap.listen(0, '127.0.0.1', listening));
  const { port } = trap.address() as AddressInfo;
  const planted = variables(`http://127.0.0.1:${port}/${mark}`);
  const before = Object.fromEntries(Object.keys(planted).map((name) => [name, process.env[name]]));
  Object.assign(process.env, planted);
  return {
    mark,
    visitors: () => visitors,
    async remove() {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      trap.closeAllConnections();
      await new Promise((closed) => trap.close(closed));
    },
  };
}
