import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KnownAccounts } from '../accounts.ts';
import { isSignedForOracle, signingKeyIdOf } from '../signatures/oci-signature.ts';
import { bearerOf, type Problem, type ProblemReply, type Wire } from './wire.ts';

/** What Oracle does around every format it serves: it names requests, checks signatures, and has errors of its own. */
export const oracle: Required<Pick<Wire, 'headers' | 'keyOf' | 'problem' | 'refuse'>> = {
  headers: () => ({ 'opc-request-id': randomUUID().replaceAll('-', '').toUpperCase() }),
  keyOf: (request) => signingKeyIdOf(request) ?? bearerOf(request),
  problem: ociProblem,
  refuse: (request, body, accounts) => (isAllowed(request, body, accounts) ? null : notAuthenticated),
};

const notAuthenticated = {
  status: 401,
  problem: {
    code: 'NotAuthenticated',
    message: 'The required information to complete authentication was not provided or was incorrect.',
  },
};

/** API keys are for the compatible endpoint alone. */
function isAllowed(request: IncomingMessage, body: Buffer, accounts: KnownAccounts): boolean {
  const compatible = (request.url ?? '').includes('/openai/v1/');
  return (compatible && bearerOf(request) !== null) || isSignedForOracle(request, body, accounts);
}

const codes: Readonly<Record<number, string>> = {
  400: 'InvalidParameter',
  401: 'NotAuthenticated',
  403: 'NotAuthorized',
  404: 'NotAuthorizedOrNotFound',
  409: 'IncorrectState',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  503: 'ServiceUnavailable',
};

/**
 * Oracle's own codes begin with a capital letter; any other is one of the model's behind it, whose whole error Oracle puts as
 * text into the message of its own.
 */
function ociProblem(status: number, { message, code = null, param = null }: Problem): ProblemReply {
  if (code !== null && !/^[A-Z]/.test(code)) {
    return { body: { code: String(status), message: JSON.stringify({ error: { message, code, param } }) } };
  }
  const field = param === null ? '' : ` (${param})`;
  return { body: { code: code ?? codes[status] ?? String(status), message: message + field } };
}
