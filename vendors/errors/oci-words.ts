import { openaiWords } from './openai-words.ts';
import type { ErrorWords } from './vendor-error.ts';

/**
 * Oracle's errors (docs.oracle.com/iaas/Content/API/References/apierrors.htm). Those of the models behind it come as OpenAI's
 * JSON inside the message of a 400 (seen by Oracle's own langchain-oci), so OpenAI's words count too.
 */
export const ociWords: ErrorWords = {
  codes: [
    ...openaiWords.codes,
    [/^notauthenticated$/, 'model.unauthorized'],
    // Not allowed and not there are one answer, under 404; of the two, a policy that is missing is the frequent one.
    [/^notauthorized(ornotfound)?$|^notallowed$|^signuprequired$/, 'model.forbidden'],
    // Under 400, where nobody would look for them.
    [/^(limit|quota)exceeded$/, 'model.quota-exhausted'],
    [/^incorrectstate$/, 'model.server-error'],
  ],
  codesAlone: [
    ...openaiWords.codesAlone,
    [/^serviceunavailable$/, 'model.overloaded'],
    [/^(cannotparserequest|(invalid|missing)parameter)$/, 'model.rejected'],
  ],
  prose: [
    ...openaiWords.prose,
    [
      /total number of tokens|token(s| count| limit)[^.]{0,60} exceed|exceeds?[^.]{0,60} (number of )?tokens/,
      'model.context-too-long',
    ],
    [/inappropriate (input |output )?content|content moderation|blocklist/, 'model.content-filtered'],
  ],
  mode: /response_?format|json_?(schema|object)|structured[ _]outputs?/,
};
