import { crc32 } from 'node:zlib';

/**
 * One frame of Amazon's binary event stream (smithy.io/2.0/aws/amazon-eventstream.html): two lengths with their checksum,
 * headers, payload, and the checksum of it all. Every header is text, as those of Bedrock are.
 */
export function encodeFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const body = Buffer.from(payload);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(lengths.length + 4 + head.length + body.length + 4, 0);
  lengths.writeUInt32BE(head.length, 4);
  const checked = Buffer.concat([lengths, uint32(crc32(lengths)), head, body]);
  return Buffer.concat([checked, uint32(crc32(checked))]);
}

/** An event by its name. */
export function eventFrame(type: string, data: object | string): Buffer {
  return encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    typeof data === 'string' ? data : JSON.stringify(data),
  );
}

/** An error that the service knows by name, after which nothing follows. */
export function exceptionFrame(type: string, message: string): Buffer {
  return encodeFrame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify({ message }),
  );
}

/** An error that it does not know: code and message stand in the headers. */
export function errorFrame(code: string, message: string): Buffer {
  return encodeFrame({ ':error-code': code, ':error-message': message, ':message-type': 'error' }, '');
}

const textType = 7;

function encodeHeader(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value)];
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([Buffer.of(key.length), key, Buffer.of(textType), length, text]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
