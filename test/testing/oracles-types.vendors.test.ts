import { startSandboxVendors, type SandboxVendors } from '../../testing/index.ts';
import { asks, saidIn, type FormatName, type Said } from './oracles/answers.ts';
import { judgeByTypes } from './oracles/judge-by-types.ts';

let vendors: SandboxVendors;
let said: readonly Said[];
beforeAll(async () => {
  vendors = await startSandboxVendors();
  const formats = Object.keys(asks) as FormatName[];
  said = (await Promise.all(formats.map((format) => saidIn(format, vendors)))).flat();
});
afterAll(() => vendors.close());

test("every answer, event and error of a stand-in has the type that the vendor's SDK gives it", () => {
  expect(judgeByTypes(said)).toEqual([]);
});

test('a field too many or too few, a value and an event that no SDK knows would be found', () => {
  const changed: readonly Said[] = [
    { ...first('chat', 'whole'), when: 'with a field too many', value: { ...asked('chat'), later: 1 } },
    {
      ...first('responses', 'whole'),
      when: 'without its id',
      value: { ...asked('responses'), id: undefined },
    },
    {
      ...first('bedrock', 'whole'),
      when: 'with an unknown end',
      value: { ...asked('bedrock'), stopReason: 1 },
    },
    { ...first('anthropic', 'event'), when: 'of no name', value: { type: 'later' } },
    { ...first('oci-generic', 'problem'), when: 'without a code', value: { message: '' } },
  ];
  const complaints = judgeByTypes(changed);
  expect(complaints.map((complaint) => complaint.split(': ')[0]).toSorted()).toEqual(
    changed.map(({ format, kind, when }) => `${format} ${kind} ${when}`).toSorted(),
  );
});

function first(format: FormatName, kind: Said['kind']): Said {
  const found = said.find((one) => one.format === format && one.kind === kind);
  if (found === undefined) throw new Error(`nothing was said as ${kind} of ${format}`);
  return found;
}

function asked(format: FormatName): object {
  return first(format, 'whole').value as object;
}
