import { badBodies, badLabels, brokenText } from './bad-answers/bodies.ts';
import { misjudged } from './bad-answers/judge.ts';
import { badStatuses, brokenStatuses } from './bad-answers/statuses.ts';
import {
  cutStreams,
  damagedWords,
  emptyStreams,
  repeatedStreams,
  strayEvents,
} from './bad-answers/streams.ts';
import { badTransports } from './bad-answers/transports.ts';
import { wrongTypes, wrongTypesInEvents } from './bad-answers/wrong-types.ts';
import { openBench, type Bench } from './calling.ts';
import { formats } from './dialects/all.ts';
import type { Dialect } from './dialects/dialect.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Kinds that take long stand first, so that they run while the others do. */
const kinds = [
  cutStreams,
  badStatuses,
  brokenStatuses,
  badBodies,
  badLabels,
  brokenText,
  wrongTypes,
  wrongTypesInEvents,
  damagedWords,
  strayEvents,
  repeatedStreams,
  emptyStreams,
  badTransports,
];
const badAnswersOf = (dialect: Dialect) => kinds.flatMap((kind) => kind(dialect));

describe.each(formats.map((dialect) => [dialect.name, badAnswersOf(dialect), dialect] as const))(
  '%s',
  (_name, badAnswers, dialect) => {
    it(`makes of ${badAnswers.length} bad answers the failure they are, or the answer where all of it is there`, async () => {
      expect(badAnswers.length).toBeGreaterThanOrEqual(150);
      expect(new Set(badAnswers.map(({ name }) => name)).size).toBe(badAnswers.length);
      expect(await misjudged(bench, dialect, badAnswers)).toEqual([]);
    });
  },
);
