import type { ErrorWords } from './vendor-error.ts';

/**
 * The errors of OpenAI's formats, and those of the many servers that speak them: developers.openai.com/docs/guides/error-codes,
 * Azure's content filter, vLLM, llama.cpp.
 */
export const openaiWords: ErrorWords = {
  codes: [
    [
      /^context_length_exceeded$|^model_context_window_exceeded$|^exceed_context_size_error$/,
      'model.context-too-long',
    ],
    [
      /^content_?filter(ed)?$|^content_policy|_policy(_violation)?$|^responsibleaipolicyviolation$/,
      'model.content-filtered',
    ],
    [
      /^insufficient_quota$|^credit_balance_exhausted$|_(spend|usage)_limit_exceeded$|^billing_(hard_limit_reached|not_active)$/,
      'model.quota-exhausted',
    ],
    [/^invalid_api_key$|^api_key_invalid$|^authentication_error$/, 'model.unauthorized'],
    [/^permission_?(error|denied)$/, 'model.forbidden'], // Azure: a role is missing, under 401
    [/^model_not_found$|^deploymentnotfound$/, 'model.not-found'],
    [/^slow_down$|^server_is_overloaded$|^overloaded(_error)?$/, 'model.overloaded'],
    [/^rate_limit_(exceeded|error)$|^too_?many_?requests$/, 'model.rate-limited'],
  ],
  codesAlone: [
    [/^(server|internal|internal_server|api)_error$|^internalservererror$/, 'model.server-error'],
    [/time_?out|^deadline_exceeded$/, 'model.timed-out'],
    [/^invalid_(request_error|prompt|image|value)|^badrequesterror$/, 'model.rejected'],
  ],
  prose: [
    [
      /maximum context length|context (length|window|size)|prompt is too long|input is too long|too many (input )?tokens|max_model_len|reduce the length of the (messages|prompt|input)/,
      'model.context-too-long',
    ],
    [
      /content (management )?policy|usage polic(y|ies)|safety system|flagged as potentially/,
      'model.content-filtered',
    ],
  ],
  mode: /response_format|text\.format|json_schema|json_object|structured[ _]outputs?|guided[_ ](json|decoding)/,
};
