/** One event of a `text/event-stream` (WHATWG HTML, section 9.2). */
export interface ServerEvent {
  /** Empty where the server gave none. */
  readonly name: string;
  readonly data: string;
}

/**
 * Splits a body into events, and yields what `read` makes of each. Comments, ids and events without data are left out. A last
 * event whose blank line never came is given too, though the standard drops it: some servers end the body right after it.
 */
export async function* readServerEvents<T>(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  read: (event: ServerEvent) => T,
): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let [rest, name, data]: [string, string, string | null] = ['', '', null];

  const takeLine = (line: string): ServerEvent | null => {
    if (line === '') {
      const event = data === null ? null : { name, data };
      [name, data] = ['', null];
      return event;
    }
    if (line.startsWith('data:')) {
      const value = fieldValue(line, 5);
      data = data === null ? value : `${data}\n${value}`;
    } else if (line.startsWith('event:')) {
      name = fieldValue(line, 6);
    }
    return null;
  };

  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      const event = takeLine(rest.slice(start, rest[end - 1] === '\r' ? end - 1 : end));
      start = end + 1;
      if (event !== null) yield read(event);
    }
    rest = rest.slice(start);
    if (!done) continue;
    const last = [rest, ''].map(takeLine).find((event) => event !== null);
    if (last !== undefined && last !== null) yield read(last);
    return;
  }
}

/** What follows the colon, without the one space that may stand there. */
function fieldValue(line: string, from: number): string {
  return line.slice(line[from] === ' ' ? from + 1 : from);
}
