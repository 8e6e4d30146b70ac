import type { IncomingMessage } from 'node:http';
import { chatCompletions } from './chat-completions.ts';
import { oracle } from './oci-problem.ts';
import { responses } from './responses.ts';
import type { Wire } from './wire.ts';

const path = /^openai\/v1\//;

/** Chat Completions at Oracle's compatible endpoint: docs.oracle.com/iaas/Content/generative-ai/openai-compatible-api.htm. */
export const ociChatCompletions: Wire = {
  ...chatCompletions,
  ...oracle,
  isFor: isOracle,
  match: (asked) => (path.test(asked) ? chatCompletions.match(asked) : null),
};

/** Responses at the same endpoint. */
export const ociResponses: Wire = {
  ...responses,
  ...oracle,
  isFor: isOracle,
  match: (asked) => (path.test(asked) ? responses.match(asked) : null),
};

/** Azure's v1 has the same path; only requests to Oracle name a compartment or a project. */
function isOracle({ headers }: IncomingMessage): boolean {
  return ['compartmentid', 'opc-compartment-id', 'openai-project'].some(
    (name) => headers[name] !== undefined,
  );
}
