import { LLMock } from '@copilotkit/aimock';
import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { asks, framesIn, serverEventsIn, type FormatName } from './oracles/answers.ts';

/** `@copilotkit/aimock` was written by others from the same vendors' pages: what it says, a stand-in says too. */
let [mock, vendors]: [LLMock, SandboxVendors] = [undefined as never, undefined as never];
beforeAll(async () => {
  mock = new LLMock({ port: 0, host: '127.0.0.1' }).onMessage(/keys/, { content: 'The keys are dead.' });
  [, vendors] = await Promise.all([mock.start(), startSandboxVendors()]);
});
afterAll(() => Promise.all([mock.stop(), vendors.close()]));

/** What it says beyond the stand-in, with the reason why that does not. */
const beyond: Readonly<Record<string, string>> = {
  'gemini .candidates[].index: number': 'Google leaves out what is 0, and there is one candidate',
  'bedrock .contentBlockStart.contentBlockIndex: number':
    'Bedrock announces tools, and text begins with its first word',
};
const formats = (Object.keys(asks) as FormatName[]).filter((format) => !format.startsWith('oci-'));

describe.each(formats)('the stand-in in %s', (format) => {
  test.each([false, true])(
    'has every field of its answer, of the same type (streamed: %s)',
    async (streaming) => {
      const [theirs, ours] = await Promise.all([
        fieldsOf(format, mock.url, streaming),
        fieldsOf(format, vendors.endpoint(format), streaming),
      ]);
      expect(theirs.size).toBeGreaterThan(4);
      expect(
        [...theirs].filter((field) => !ours.has(field) && beyond[`${format} ${field}`] === undefined),
      ).toEqual([]);
    },
  );
});

async function fieldsOf(format: FormatName, origin: string, streaming: boolean): Promise<Set<string>> {
  const { path, headers, body } = asks[format];
  const response = await fetch(`${origin}/${path(streaming)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body(streaming, false)),
  });
  expect(response.status).toBe(200);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!streaming) return new Set(fieldsIn(JSON.parse(bytes.toString())));
  const events = format === 'bedrock' ? framesIn(bytes) : serverEventsIn(bytes.toString());
  return new Set(events.flatMap((event) => fieldsIn(event)));
}

/** `choices[].message.content: string`; below the name of an event where it has one. */
function fieldsIn(value: unknown, at = nameOf(value)): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsIn(item, `${at}[]`));
  if (typeof value !== 'object' || value === null)
    return [`${at}: ${value === null ? 'null' : typeof value}`];
  return Object.entries(value).flatMap(([name, inner]) => fieldsIn(inner, `${at}.${name}`));
}

function nameOf(value: unknown): string {
  const type = (value as { type?: unknown }).type;
  return typeof type === 'string' ? type : '';
}
