import { asCount, asRecord, bearerOf, textOfContent } from './wire.ts';
import { googleProblem } from './google-problem.ts';
import type { Frame, PathAsk, Wire, WirePrompt, WireReply } from './wire.ts';

/**
 * Google's `generateContent` at Vertex AI, below a project and location or in express mode:
 * docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
 */
export const gemini: Wire = {
  match: (path) => matchMethod(path, { generateContent: false, streamGenerateContent: true }),
  modeParameter: 'generation_config.response_mime_type',
  streamType: 'text/event-stream',
  damagedEvent: 'data: {"candidates":[{"content":{"role":"model","parts":[{"te\r\n\r\n',
  problem: googleProblem,

  keyOf(request) {
    const key = request.headers['x-goog-api-key'];
    return typeof key === 'string' ? key : bearerOf(request);
  },

  refuse(request, _body, accounts) {
    const token = bearerOf(request);
    if (typeof request.headers['x-goog-api-key'] === 'string') return null;
    if (token !== null && accounts.isIssued(token)) return null;
    return {
      status: 401,
      problem: {
        code: token === null ? 'CREDENTIALS_MISSING' : 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
        message: 'Request had invalid authentication credentials. Expected an OAuth 2 access token.',
      },
    };
  },

  read(body, ask) {
    const { contents, systemInstruction, generationConfig } = asRecord(body);
    if (ask.model === null || !Array.isArray(contents)) return undefined;
    const config = asRecord(generationConfig);
    return {
      model: ask.model,
      system: textOfParts(systemInstruction),
      turns: contents.map((content) => ({
        by: asRecord(content)['role'] === 'model' ? 'model' : 'user',
        text: textOfParts(content),
      })),
      mode: modeOf(config),
      schema: asRecord(config['responseJsonSchema']),
      maxTokens: asCount(config['maxOutputTokens']),
      stream: ask.stream === true,
      includeUsage: true,
    };
  },

  whole: (reply) => ({
    ...candidateOf(reply, reply.tokens.join(''), finishReasons[reply.finish]),
    usageMetadata: usageOf(reply),
    ...identity(reply),
  }),

  frames: framesOf,
};

/** `:countTokens` of the same models: what a prompt would cost is told for free. */
export const geminiCount: Wire = {
  ...gemini,
  match: (path) => matchMethod(path, { countTokens: false }),
  free: ({ usage }, prompt) => ({
    totalTokens: usage.inputTokens,
    totalBillableCharacters: prompt.turns.reduce((sum, { text }) => sum + text.length, prompt.system.length),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.inputTokens }],
  }),
};

/** `models/<name>` without a publisher is a tuned one; a deployed one is called by its endpoint. */
const modelPath =
  /^v1(?:beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/models|models|endpoints)\/([^/:]+):(\w+)$/;

function matchMethod(path: string, streams: Readonly<Record<string, boolean>>): PathAsk | null {
  const [, model = '', method = ''] = modelPath.exec(path) ?? [];
  const stream = Object.hasOwn(streams, method) ? streams[method] : undefined;
  return stream === undefined ? null : { model: decodeURIComponent(model), stream };
}

function textOfParts(content: unknown): string {
  return textOfContent(asRecord(content)['parts']);
}

function modeOf(config: Readonly<Record<string, unknown>>): WirePrompt['mode'] {
  if (config['responseMimeType'] !== 'application/json') return 'text';
  return config['responseJsonSchema'] === undefined ? 'json_object' : 'json_schema';
}

/** A refusal is text like any other here. */
const finishReasons = {
  stop: 'STOP',
  refusal: 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
};

/** The last event carries the end and the usage, and an empty text beside them. */
function framesOf(reply: WireReply): readonly Frame[] {
  const event = (kind: Frame['kind'], data: object): Frame => ({
    kind,
    text: `data: ${JSON.stringify({ ...data, ...identity(reply) })}\r\n\r\n`,
  });
  const traffic = { usageMetadata: { trafficType: 'ON_DEMAND' } };
  return [
    ...(reply.empty ? [] : reply.tokens).map((token) =>
      event('token', { ...candidateOf(reply, token), ...traffic }),
    ),
    event('terminal', {
      ...candidateOf(reply, '', finishReasons[reply.finish]),
      usageMetadata: usageOf(reply),
    }),
  ];
}

function candidateOf(reply: WireReply, text: string, finishReason?: string): object {
  if (reply.empty) return {};
  const content = { role: 'model', parts: [{ text }] };
  return { candidates: [{ content, ...(finishReason === undefined ? {} : { finishReason }) }] };
}

function identity({ id, model, createdS }: WireReply): object {
  return {
    modelVersion: model,
    createTime: new Date(createdS * 1000).toISOString(),
    responseId: id,
  };
}

function usageOf({ usage: { inputTokens, outputTokens } }: WireReply): object {
  return {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens,
    totalTokenCount: inputTokens + outputTokens,
    trafficType: 'ON_DEMAND',
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
    candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: outputTokens }],
  };
}
