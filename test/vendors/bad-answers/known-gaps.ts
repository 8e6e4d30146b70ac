/**
 * Faults in the reading of answers that are known and not yet mended (2026-11-24). A line is taken out with its fault:
 * one that finds nothing any more fails the test.
 */
export const knownGaps: readonly (readonly [fault: string, complaint: RegExp])[] = [
  [
    'undici leaves the code out of its HTTPParserError, so nobody tells a broken connection from garbage',
    /: model\.(unknown|invalid-answer), not model\.(unreachable|invalid-answer)$/,
  ],
  [
    'words of a wrong type are taken for no words, which leaves a hole in the text',
    /^in event \d+ .* is (7|true): stop with another text/,
  ],
  [
    'what comes after the end is added to the answer',
    /^(the stream|a word)\b.*: (stop|length) with another text/,
  ],
];
