import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { routes, toOpenApi } from '../../api/index.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>> } | undefined>
  >;
}

/** What is wrong with an answer, by the document that clients are generated from; null where it is as declared. */
export function createConformance(): (method: string, path: string, answer: Answer) => string | null {
  const document = toOpenApi(routes) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormatsModule.default(ajv);
  ajv.addSchema({ $id: 'api', ...document });
  const validators = new Map<string, ValidateFunction>();
  const validatorAt = (steps: readonly string[]): ValidateFunction => {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
    const reference = `api#/${pointer.join('/')}`;
    const known = validators.get(reference) ?? ajv.compile({ $ref: reference });
    validators.set(reference, known);
    return known;
  };
  return (method, path, { status, headers, text }) => {
    const declared = document.paths[path]?.[method]?.responses[String(status)];
    if (declared === undefined) return `${status} is not declared`;
    const type = headers.get('content-type');
    if (declared.content === undefined) return text === '' ? null : `${status} has a body`;
    if (type === null || !Object.hasOwn(declared.content, type)) return `${status} comes as ${String(type)}`;
    const validate = validatorAt([
      'paths',
      path,
      method,
      'responses',
      String(status),
      'content',
      type,
      'schema',
    ]);
    return validate(JSON.parse(text))
      ? null
      : `${status}: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 300)}`;
  };
}
