import type { ErrorWords } from './vendor-error.ts';

/**
 * Amazon's errors: docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html and the codes that
 * every service has. A code may come as `ThrottlingException`, `com.amazon.coral.service#ThrottlingException` or
 * `ThrottlingException:http://…`, and begins with a small letter inside a stream.
 */
export const awsWords: ErrorWords = {
  codes: [
    [
      /\b(unrecognizedclient|invalidclienttokenid|invalidaccesskeyid|invalidsignature|signaturedoesnotmatch|incompletesignature|missingauthenticationtoken|expiredtoken|requestexpired|invalidtoken)(exception)?\b/,
      'model.unauthorized',
    ],
    [/\bftuformnotfilled(exception)?\b|\b(accessdenied|optinrequired)(exception)?\b/, 'model.forbidden'],
    [/\b(resourcenotfound|modelnotfound)(exception)?\b/, 'model.not-found'],
    [/\bservicequotaexceeded(exception)?\b/, 'model.quota-exhausted'],
    [/\b(modelnotready|serviceunavailable)(exception)?\b/, 'model.overloaded'],
    [
      /\b(throttling|throttled|toomanyrequests|requestlimitexceeded|slowdown)(exception)?\b/,
      'model.rate-limited',
    ],
    [/\bmodeltimeout(exception)?\b/, 'model.timed-out'],
    [/\b(internalserver|internalfailure|model(stream)?error)(exception|error)?\b/, 'model.server-error'],
  ],
  codesAlone: [[/\bvalidation(exception|error)?\b/, 'model.rejected']],
  // A ValidationException is everything from a word too many to a model that does not exist.
  prose: [
    [
      /input is too long|prompt is too long|too many (input )?tokens|(context|input) (length|window)|input length and `?max_tokens/,
      'model.context-too-long',
    ],
    [/content filtering policy|blocked by (a |the |our )?(content|guardrail)/, 'model.content-filtered'],
    [/model identifier is invalid|on-demand throughput isn.?t supported|end of its life/, 'model.not-found'],
    [/operation not allowed|not authorized to/, 'model.forbidden'],
  ],
  mode: /output_?(config|format)|text_?format|structured[ _]outputs?|json[ _]?schema|tool_?(choice|config|use)|tool use/,
  codeHeaders: ['x-amzn-errortype'],
};
