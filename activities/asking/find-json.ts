/**
 * The JSON object in a model's text: the text itself, or the last object within it, because models put fences, thoughts
 * and pleasantries around what was asked for. Undefined where there is none.
 */
export function findJson(text: string): object | undefined {
  return parseObject(text.trim()) ?? outermostObjects(text).reverse().map(parseObject).find(isFound);
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFound(value: object | undefined): value is object {
  return value !== undefined;
}

/** Everything between a brace at depth zero and the brace that closes it, in one pass, so that no text makes it slow. */
function outermostObjects(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') {
      // Quotes in the prose around an object mean nothing.
      quoted = depth > 0;
    } else if (character === '{') {
      if (depth++ === 0) start = at;
    } else if (character === '}' && depth > 0 && --depth === 0) {
      found.push(text.slice(start, at + 1));
    }
  }
  return found;
}
