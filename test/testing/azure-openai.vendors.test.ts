import { ClientSecretCredential, getBearerTokenProvider } from '@azure/identity';
import type {} from '@azure/openai/types';
import OpenAI, { AzureOpenAI } from 'openai';
import type { ChatCompletionChunk } from 'openai/resources/index';
import { startSandboxVendors } from '../../testing/index.ts';
import type { SandboxVendors } from '../../testing/index.ts';

let vendors: SandboxVendors;
beforeAll(async () => {
  vendors = await startSandboxVendors();
});
afterEach(() => vendors.reset());
afterAll(() => vendors.close());

const route = 'azure-reasoning';
const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'Tell me about the dead keys of this laptop' }];
const quiet = { maxRetries: 0, logLevel: 'off' } as const;
const dated = (key: object = { apiKey: 'some-azure-key' }): AzureOpenAI =>
  new AzureOpenAI({ endpoint: vendors.endpoint(route), apiVersion: '2024-10-21', ...key, ...quiet });
/** As Microsoft's own examples have it: the key goes where OpenAI's does. */
const v1 = (apiKey = 'some-azure-key'): OpenAI =>
  new OpenAI({ baseURL: `${vendors.endpoint(route)}/openai/v1/`, apiKey, ...quiet });

/** The credential as an application would make it; only http is not for it, and this server has nothing else. */
async function credentialWith(
  wrong: { readonly clientSecret?: string } = {},
): Promise<ClientSecretCredential> {
  const { tenantId, clientId, clientSecret } = { ...(await vendors.accounts()).entra, ...wrong };
  return new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: 'https://login.microsoftonline.com',
    disableInstanceDiscovery: true,
    retryOptions: { maxRetries: 0 },
    httpClient: {
      async sendRequest(request) {
        const url = request.url.replace(
          'https://login.microsoftonline.com',
          vendors.wellKnown.entraAuthority,
        );
        const { method, headers, body } = request;
        const response = await fetch(url, { method, headers: headers.toJSON(), body: String(body) });
        return { request, status: response.status, headers, bodyAsText: await response.text() };
      },
    },
  });
}

const scope = 'https://cognitiveservices.azure.com/.default';

describe('a dated version', () => {
  test('answers the deployment in the path, and says what its filter made of prompt and answer', async () => {
    const { data, response } = await dated().chat.completions.create({ model, messages }).withResponse();
    const [choice] = data.choices;
    expect([data.model, choice?.finish_reason]).toEqual([model, 'stop']);
    expect(choice?.message.content?.split(' ')).toHaveLength(60);
    expect(choice?.content_filter_results?.hate).toEqual({ filtered: false, severity: 'safe' });
    expect(data.prompt_filter_results).toMatchObject([{ prompt_index: 0 }]);
    expect(response.headers.get('apim-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(vendors.log[0]?.path).toBe(`openai/deployments/${model}/chat/completions`);
  });

  test('streams the same text after a chunk of its filter without a choice', async () => {
    const whole = await dated().chat.completions.create({ model, messages });
    const stream = await dated().chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]).toMatchObject({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks.at(-1)?.usage).toEqual(whole.usage);
  });

  test('knows no Responses', async () => {
    const asked = dated().post(`/deployments/${model}/responses`, { body: { model, input: 'hello' } });
    await expect(asked).rejects.toMatchObject({ status: 404 });
  });
});

describe('v1', () => {
  const schema = {
    type: 'object',
    properties: { summary: { type: 'string' } },
    required: ['summary'],
    additionalProperties: false,
  };

  test('answers in Responses, under a JSON schema', async () => {
    const format = { type: 'json_schema' as const, name: 'answer', schema, strict: true };
    const response = await v1().responses.create({ model, input: 'hello', store: false, text: { format } });
    expect(Object.keys(JSON.parse(response.output_text) as object)).toEqual(['summary']);
    expect(response._request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('answers in Chat Completions, under a JSON schema', async () => {
    const format = { type: 'json_schema' as const, json_schema: { name: 'answer', schema, strict: true } };
    const { choices } = await v1().chat.completions.create({ model, messages, response_format: format });
    expect(Object.keys(JSON.parse(choices[0]?.message.content ?? '') as object)).toEqual(['summary']);
  });

  test('streams Responses', async () => {
    const stream = await v1().responses.create({ model, input: 'hello', store: false, stream: true });
    let text = '';
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.completed') expect(event.response.output_text ?? text).toBe(text);
    }
    expect(text).not.toBe('');
  });
});

describe('an error', () => {
  const failing = (status: number, code: string) => {
    vendors.fault(route, { kind: 'status', status, code });
    return dated().chat.completions.create({ model, messages });
  };

  test('of the content filter names what it found, in its inner error', async () => {
    const failed = failing(400, 'content_filter');
    await expect(failed).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(failed).rejects.toMatchObject({
      status: 400,
      code: 'content_filter',
      param: 'prompt',
      error: {
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'medium' } },
        },
      },
    });
  });

  test('of a deployment that is not there is a 404 with its code and the ids of the request', async () => {
    const failed = failing(404, 'DeploymentNotFound');
    await expect(failed).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const error = await failed.then(
      () => null,
      (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
    );
    expect([error?.code, error?.type]).toEqual(['DeploymentNotFound', undefined]);
    expect(error?.requestID).toMatch(/^[0-9a-f-]{36}$/);
    expect(error?.headers?.get('apim-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of a rate limit has its number for a code', async () => {
    vendors.fault(route, { kind: 'status', status: 429 });
    const failed = dated().chat.completions.create({ model, messages });
    await expect(failed).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(failed).rejects.toMatchObject({ code: '429' });
  });
});

describe('Entra', () => {
  test('issues tokens with which the real packages call both APIs', async () => {
    const azureADTokenProvider = getBearerTokenProvider(await credentialWith(), scope);
    const { choices } = await dated({ azureADTokenProvider }).chat.completions.create({ model, messages });
    expect(choices[0]?.finish_reason).toBe('stop');
    const response = await v1(await azureADTokenProvider()).responses.create({ model, input: 'hello' });
    expect(response.status).toBe('completed');
  });

  test('gives a token an hour, less a second', async () => {
    const before = Date.now();
    const { expiresOnTimestamp } = await (await credentialWith()).getToken(scope);
    // MSAL counts in whole seconds.
    expect(expiresOnTimestamp).toBeGreaterThanOrEqual(before + 3_598_000);
    expect(expiresOnTimestamp).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  test('refuses a wrong secret in its own words, and a scope that is none', async () => {
    const wrong = (await credentialWith({ clientSecret: 'wrong' })).getToken(scope);
    await expect(wrong).rejects.toThrow(/^invalid_client: .*7000215.*AADSTS7000215/);
    const scopeless = (await credentialWith()).getToken('https://ai.azure.com/some');
    await expect(scopeless).rejects.toThrow(/^invalid_scope: /);
  });

  test.each(['sandbox-token.unheard-of', 'eyJ.unknown.token'])('never issued %s', async (token) => {
    const azureADTokenProvider = async () => token;
    const byDate = dated({ azureADTokenProvider }).chat.completions.create({ model, messages });
    await expect(byDate).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(v1(token).responses.create({ model, input: 'hello' })).rejects.toMatchObject({
      status: 401,
    });
    expect(vendors.log.map(({ billed }) => billed)).toEqual([null, null]);
  });
});
