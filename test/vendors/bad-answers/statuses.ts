import type { FailureType } from '../../../contract/index.ts';
import type { Chunk, Dialect } from '../dialects/dialect.ts';
import { http, meant, type BadAnswer } from './bad-answer.ts';

/** What a status means where the body says nothing (design section 4); a dialect that knows better says so in its refusals. */
const types: Readonly<Record<number, FailureType>> = {
  300: 'model.unknown',
  304: 'model.unknown',
  400: 'model.rejected',
  401: 'model.unauthorized',
  402: 'model.quota-exhausted',
  403: 'model.forbidden',
  404: 'model.not-found',
  405: 'model.rejected',
  408: 'model.timed-out',
  409: 'model.server-error',
  410: 'model.not-found',
  413: 'model.rejected',
  418: 'model.rejected',
  422: 'model.rejected',
  424: 'model.server-error',
  425: 'model.overloaded',
  429: 'model.rate-limited',
  451: 'model.rejected',
  500: 'model.server-error',
  501: 'model.server-error',
  502: 'model.server-error',
  503: 'model.overloaded',
  504: 'model.timed-out',
  522: 'model.timed-out',
  524: 'model.timed-out',
  529: 'model.overloaded',
  599: 'model.server-error',
};

const html = { 'content-type': 'text/html' };

/** Bodies that no reader of errors can make anything of. */
function shapes(dialect: Dialect): readonly (readonly [string, Chunk, Record<string, string>?])[] {
  return [
    ['no body', ''],
    ['an HTML page', '<html>planted</html>', html],
    ['a list', '[{"planted":1},["planted"]]'],
    ['a number', '42'],
    ['null', 'null'],
    ['codes of the wrong types', '{"error":{"code":[],"type":{},"status":true,"message":7,"details":{}}}'],
    ['an error of an error of an error', nested('{"error":', '}')],
    ['a list of lists of lists', nested('[', ']')],
    ['broken UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x22)],
    ['half an error', '{"error":{"message":"planted'],
    ['more than anybody reads', `{"error":{"message":"${'planted '.repeat(10_000)}"}}`],
    ['what claims to be compressed', 'planted', { 'content-encoding': 'gzip' }],
    ['a whole answer', dialect.whole(meant)],
  ];
}

/** A JSON text of 20,000 levels: a reader that calls itself for each one would not survive it. */
export function nested(open: string, close: string): string {
  return `${open.repeat(20_000)}"planted"${close.repeat(20_000)}`;
}

/** Every status with every second shape of body, so that each shape meets half of them. The status decides, whatever comes with it. */
export function badStatuses(dialect: Dialect): readonly BadAnswer[] {
  return Object.keys(types).flatMap((key, row) => {
    const status = Number(key);
    const outcomes = plainTypes(dialect, status);
    const ofRow = shapes(dialect).filter((_shape, column) => (row + column) % 2 === 0);
    const answers = ofRow.map(([name, body, headers = {}]) => ({
      name: `${status} with ${name}`,
      streaming: true,
      answer: http({ status, headers, chunks: [body] }),
      outcomes,
      httpStatus: status,
    }));
    return status === 304 ? answers.slice(0, 1) : answers; // 304 has no body
  });
}

/** A vendor that gives a status another meaning, always or by a code that is missing here, says so in its refusals. */
function plainTypes(dialect: Dialect, status: number): readonly FailureType[] {
  const documented = dialect.refusals.filter((one) => one.status === status).map(({ type }) => type);
  const usual = types[status] ?? 'model.unknown';
  return documented.includes(usual) ? [usual] : [usual, ...documented];
}

/** Errors whose body breaks off: the status was said. And errors whose body never ends, which is a silence like any other. */
export function brokenStatuses(dialect: Dialect): readonly BadAnswer[] {
  const half = ['{"error":{"message":"planted'];
  return [429, 500].flatMap((status): BadAnswer[] => [
    ...(['cut', 'reset'] as const).map((ending) => ({
      name: `${status}, then ${ending}`,
      streaming: true,
      answer: http({ status, chunks: half, ending }),
      outcomes: [types[status] ?? 'model.unknown'],
      httpStatus: status,
    })),
    {
      name: `${status}, then silence`,
      streaming: true,
      answer: http({ status, chunks: half, ending: 'hang' }),
      outcomes: ['model.timed-out'],
      silent: true,
    },
    {
      name: `${status} with events of a good answer`,
      streaming: true,
      answer: http({ status, headers: dialect.streamHeaders, chunks: dialect.events(meant) }),
      outcomes: [types[status] ?? 'model.unknown'],
      httpStatus: status,
    },
  ]);
}
