import type { IncomingMessage } from 'node:http';
import { anthropicMessages } from './anthropic-messages.ts';
import { azureChatCompletions, azureResponses } from './azure-openai.ts';
import { bedrockConverse } from './bedrock-converse.ts';
import { chatCompletions } from './chat-completions.ts';
import { gemini, geminiCount } from './gemini.ts';
import { ociChat } from './oci-chat.ts';
import { ociChatCompletions, ociResponses } from './oci-openai.ts';
import { responses } from './responses.ts';
import type { Wire } from './wire.ts';

/** The wire formats spoken here, the first that takes a request before the others. A new one is a file and a line here. */
const wires: readonly Wire[] = [
  anthropicMessages,
  bedrockConverse,
  ociChat,
  ociChatCompletions,
  ociResponses,
  azureChatCompletions,
  azureResponses,
  chatCompletions,
  gemini,
  geminiCount,
  responses,
];

/** The format of a call to a model, found by its path; null where the path belongs to none. */
export function wireOf(request: IncomingMessage, path: string): Wire | null {
  if (request.method !== 'POST') return null;
  return wires.find((one) => one.match(path) !== null && one.isFor?.(request) !== false) ?? null;
}
