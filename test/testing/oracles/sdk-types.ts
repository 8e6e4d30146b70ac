import type { ConverseResponse, ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type { ErrorResponse } from '@anthropic-ai/sdk/resources/shared';
import type { Message, RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
// Adds to the types of `openai` what only Azure sends.
import type {} from '@azure/openai/types';
import type { GenerateContentResponse } from '@google/genai';
import type { models } from 'oci-generativeaiinference';
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/index';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { ErrorObject } from 'openai/resources/shared';

/**
 * What each vendor's SDK says a success looks like on the wire, whole and as an event of a stream, and an error. What the
 * SDKs compute is left out, their enums and dates are text, and what is sent although they do not type it stands below
 * with its reason.
 */
export interface SdkTypes {
  readonly chat: Format<ChatCompletion, ChatCompletionChunk, { readonly error: ErrorObject }>;
  readonly responses: Format<
    OpenaiResponse,
    ResponseEvent<ResponseStreamEvent>,
    { readonly error: ErrorObject }
  >;
  /** The SDKs of Azure and Google have no type for the body of an error. */
  readonly 'azure-chat': Format<ChatCompletion, ChatCompletionChunk | AzurePromptChunk, unknown>;
  readonly 'azure-responses': Format<OpenaiResponse, ResponseEvent<ResponseStreamEvent>, unknown>;
  readonly gemini: Format<Gemini, Gemini, unknown>;
  readonly bedrock: Format<ConverseResponse, ConverseStreamOutput, { readonly message: string }>;
  /** The SDK gives a stream away unread and has no type for its events. */
  readonly 'oci-generic': Format<OciResult<OciGeneric>, unknown, OciError>;
  readonly 'oci-cohere': Format<OciResult<OciCohere>, unknown, OciError>;
  readonly anthropic: Format<Message, RawMessageStreamEvent | Ping, ErrorResponse>;
}

interface Format<Whole, Event, Problem> {
  readonly whole: Whole;
  readonly event: Event;
  readonly problem: Problem;
}

/** As sent: an enum is its text, a date is text, and what a class computes is not there. */
type Sent<T> = T extends string
  ? `${T}`
  : T extends Date
    ? string
    : T extends readonly (infer Item)[]
      ? Sent<Item>[]
      : T extends object
        ? { [Key in keyof T]: Sent<T[Key]> }
        : T;

type ResponseEvent<Event> = Event extends { response: Response }
  ? Omit<Event, 'response'> & { response: OpenaiResponse }
  : Event;

/** `usage` is null while the answer is being made. */
type OpenaiResponse = Omit<Response, 'output_text' | 'usage'> & { usage: Response['usage'] | null };

/** Azure's first chunk is of its filter alone: no choice, and its `object` is empty. */
type AzurePromptChunk = Pick<ChatCompletionChunk, 'id' | 'created' | 'model' | 'prompt_filter_results'> & {
  object: '';
  choices: [];
};

/** Sent at any moment, and passed over by the SDK before its types begin. */
interface Ping {
  type: 'ping';
}

type Gemini = Sent<
  Omit<
    GenerateContentResponse,
    | 'text'
    | 'data'
    | 'functionCalls'
    | 'executableCode'
    | 'codeExecutionResult'
    | 'initialPromptTokenCount'
    | 'sdkHttpResponse'
    | 'automaticFunctionCallingHistory'
  >
>;

/** The models name the base of every kind of content; text is the only kind that is answered here. */
type OciResult<Answer> = Omit<models.ChatResult, 'chatResponse'> & { chatResponse: Answer };
type OciGeneric = Omit<Sent<models.GenericChatResponse>, 'choices'> & {
  choices: (Omit<models.ChatChoice, 'message'> & {
    message: Omit<models.AssistantMessage, 'content'> & { content: models.TextContent[] };
  })[];
};
type OciCohere = Omit<Sent<models.CohereChatResponseV2>, 'message' | 'finishReason'> & {
  /** The name that Cohere's first format has for a filter: the second one has none. */
  finishReason: `${models.CohereChatResponseV2.FinishReason}` | 'ERROR_TOXIC';
  message: Omit<models.CohereAssistantMessageV2, 'content'> & { content: models.CohereTextContentV2[] };
};
interface OciError {
  readonly code: string;
  readonly message: string;
}
