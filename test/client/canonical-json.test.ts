import { canonicalJson, digestOf } from '../../client/index.ts';

test('members are sorted by UTF-16 code units, as RFC 8785 shows', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '1': 'One',
    '\ud83d\ude00': 'Smiley',
    דּ: 'Hebrew',
  };
  const names = [...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map(([, name]) => name);
  expect(names).toEqual(['Carriage Return', 'One', 'Euro Sign', 'Smiley', 'Hebrew']);
});

test('numbers and strings are written as ECMAScript writes them', () => {
  expect(
    canonicalJson([Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0]),
  ).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
  expect(canonicalJson('\u20ac$\u000f\nA\'B"\\"/')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\"/"');
});

test('the order of members does not change a digest, every value does', () => {
  expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
});

test.each([Number.NaN, Infinity, '\ud800', [undefined], { a: () => 1 }, 1n])(
  'JSON cannot hold %p',
  (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  },
);
