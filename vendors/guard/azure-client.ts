import type { ClientSecretCredentialOptions } from '@azure/identity';

type AzureClient = NonNullable<ClientSecretCredentialOptions['httpClient']>;

/**
 * The guard as Azure's packages take it: a client whose requests all go to `url`, whatever host they name. The packages
 * take no http, and let the worker's environment choose another host (`AZURE_REGIONAL_AUTHORITY_NAME`,
 * `MSAL_FORCE_REGION`; seen 2026-11-24): where a secret is sent is not theirs to decide.
 */
export function createAzureClient(fetch: typeof globalThis.fetch, url: string): AzureClient {
  return {
    async sendRequest(request) {
      const { method, headers, body } = request;
      const response = await fetch(url, {
        method,
        headers: headers.toJSON(),
        ...(typeof body === 'string' ? { body: withoutTelemetry(body) } : {}),
      });
      // Headers of the answer are of no use to what runs on top of `exchange`: it gets an empty success.
      return { request, status: response.status, headers, bodyAsText: await response.text() };
    },
  };
}

/** The form without what MSAL adds of its own: the machine, and the region that the environment names. */
function withoutTelemetry(form: string): string {
  const fields = [...new URLSearchParams(form)];
  return new URLSearchParams(fields.filter(([name]) => !/^(x-|client-request-id$)/.test(name))).toString();
}
