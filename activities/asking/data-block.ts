/**
 * A fenced block of data, one JSON value a line. Whatever a card says, it cannot leave its block: JSON keeps a value on
 * its line, and the characters that make a fence or a line break elsewhere are written as escapes.
 */
export function dataBlock(name: string, items: readonly unknown[]): string {
  return [`<${name}>`, ...items.map(toDataLine), `</${name}>`].join('\n');
}

/** One JSON value on one line without a character that could pass for a fence. */
export function toDataLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(unsafe, toEscape);
}

// JSON leaves the separators U+0085, U+2028 and U+2029 as they are, and some tokenizers read them as the end of a line.
const unsafe = /[<>\u0085\u2028\u2029]/g;

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
