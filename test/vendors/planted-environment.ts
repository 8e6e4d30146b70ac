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
    MSAL_FORCE_REGION: mark,
    GOOGLE_API_KEY: mark,
    GEMINI_API_KEY: mark,
    GOOGLE_GENAI_USE_VERTEXAI: 'false',
    GOOGLE_GENAI_USE_ENTERPRISE: 'false',
    GOOGLE_GENAI_API_VERSION: mark,
    GOOGLE_GENAI_API_KEY: mark,
    GOOGLE_GENAI_ACCESS_TOKEN: mark,
    GOOGLE_GENAI_USER_PROJECT: mark,
    GOOGLE_GENAI_DEBUG: 'true',
    GCLOUD_PROJECT: mark,
    GCE_METADATA_HOST: trap.replace('http://', ''),
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
    AWS_RETRY_MODE: 'adaptive',
    AWS_DEFAULTS_MODE: 'auto',
    AWS_AUTH_SCHEME_PREFERENCE: 'httpBearerAuth',
    AWS_SDK_UA_APP_ID: mark,
    AWS_EXECUTION_ENV: mark,
    AWS_LAMBDA_FUNCTION_NAME: mark,
    _X_AMZN_TRACE_ID: mark,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: trap,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: trap,
    AWS_ROLE_ARN: mark,
    AWS_WEB_IDENTITY_TOKEN_FILE: `/${mark}`,
    AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'neither',
    AWS_CONFIG_FILE: `/${mark}`,
    AWS_SHARED_CREDENTIALS_FILE: `/${mark}`,
    OCI_REGION: mark,
    OCI_CONFIG_FILE: `/${mark}`,
    OCI_SDK_DEFAULT_CIRCUITBREAKER_ENABLED: 'true',
    OCI_SDK_DEFAULT_RETRY_ENABLED: 'true',
    OCI_SDK_APPEND_USER_AGENT: mark,
    OCI_DEFAULT_REALM: `${mark}.invalid`,
    OCI_DUAL_STACK_ENDPOINT_ENABLED: 'true',
    OCI_REALM_SPECIFIC_SERVICE_ENDPOINT_TEMPLATE_ENABLED: 'true',
    OCI_REGION_METADATA: mark,
    OCI_DEVELOPER_TOOL_CONFIGURATION_FILE_PATH: `/${mark}`,
    OCI_RESOURCE_PRINCIPAL_VERSION: '2.2',
    OCI_RESOURCE_PRINCIPAL_RPST: mark,
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
