import { toGeminiSchema } from '../../vendors/wire/gemini-schema.ts';

it('a plan schema goes to Gemini unchanged', () => {
  const schema = {
    type: 'object',
    properties: {
      actionCalls: {
        type: 'array',
        items: {
          anyOf: [
            { type: 'object', properties: {}, required: [], additionalProperties: false, description: 'a' },
          ],
        },
      },
      kind: { type: ['string', 'null'], enum: ['a', null] },
    },
    required: ['actionCalls', 'kind'],
    additionalProperties: false,
  };
  expect(toGeminiSchema(schema)).toEqual(schema);
});

it('what Gemini does not know is left out at every depth', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { at: { type: 'string', format: 'date-time', pattern: '^x', minLength: 1 } },
    $defs: { inner: { type: 'array', items: { type: 'string', default: '' }, uniqueItems: true } },
    additionalProperties: { type: 'string', maxLength: 3 },
  };
  expect(toGeminiSchema(schema)).toEqual({
    type: 'object',
    properties: { at: { type: 'string' } },
    $defs: { inner: { type: 'array', items: { type: 'string' } } },
    additionalProperties: { type: 'string' },
  });
});

it('a property may be named like a keyword', () => {
  const schema = { type: 'object', properties: { pattern: { type: 'string' }, const: { const: 'x' } } };
  expect(toGeminiSchema(schema)).toEqual({
    type: 'object',
    properties: { pattern: { type: 'string' }, const: { enum: ['x'] } },
  });
});

it('values are no schemas, whatever they look like', () => {
  const schema = { enum: [{ pattern: 'x' }], anyOf: [{ const: { format: 'y' } }] };
  expect(toGeminiSchema(schema)).toEqual({ enum: [{ pattern: 'x' }], anyOf: [{ enum: [{ format: 'y' }] }] });
});
