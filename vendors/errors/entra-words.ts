import type { ErrorWords } from './vendor-error.ts';

/**
 * Errors of Entra's token endpoint: RFC 6749 section 5.2, and learn.microsoft.com/entra/identity-platform/reference-error-codes,
 * which warns that only `error` is stable, not the AADSTS numbers.
 */
export const entraWords: ErrorWords = {
  codes: [],
  codesAlone: [],
  prose: [
    [/\binvalid_(scope|resource|target)\b/, 'model.misconfigured'],
    [/\baccess_denied\b/, 'model.forbidden'],
    [/\btemporarily_unavailable\b/, 'model.overloaded'],
    [/\bserver_error\b/, 'model.server-error'],
  ],
  mode: /(?!)/,
  // An unknown tenant, client or secret: whatever else is wrong with the request is wrong with the credential.
  statuses: { 400: 'model.unauthorized' },
};
