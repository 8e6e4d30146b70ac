import { read, registryText } from './world.ts';

const withProvider = (lines: string) =>
  `version: 1\norganizations:\n  acme:\n    providers:\n      fast:\n        vendor: custom\n${lines}\n`;

test('a file is read with its references filled in', () => {
  const { organizations } = read(registryText);
  expect(organizations.map(({ org }) => org)).toEqual(['acme', 'globex', 'platform']);
  expect(organizations[0]?.providers[0]).toMatchObject({
    slug: 'fast',
    credential: { apiKey: 'a-secret-of-twenty-six-signs' },
    place: 'registry.yaml:7:7',
  });
});

test('a reference may stand anywhere in a text, and may be a file', () => {
  const file = read(
    withProvider(
      "        settings: { baseUrl: 'https://${env:KEY}.example/v1' }\n        credential: { apiKey: '${file:key}' }",
    ),
  );
  expect(file.organizations[0]?.providers[0]).toMatchObject({
    settings: { baseUrl: 'https://a-secret-of-twenty-six-signs.example/v1' },
    credential: { apiKey: '{"apiKey":"from a file"}' },
  });
});

test.each([
  ['broken YAML', 'version: 1\norganizations: {', 'registry.yaml:2:17: this is not YAML'],
  [
    'an unknown key',
    withProvider('        colour: red'),
    'registry.yaml:7:9: organizations.acme.providers.fast.colour: is not a key of this place.',
  ],
  [
    'a literal secret',
    withProvider('        credential: { apiKey: sk-literal }'),
    'registry.yaml:7:31: a credential is written by reference only, as ${env:NAME} or ${file:path}.',
  ],
  [
    'a variable that is not set',
    withProvider("        name: '${env:NOPE}'"),
    'registry.yaml:7:15: NOPE is not set in the environment.',
  ],
  [
    'parking',
    'version: 1\norganizations:\n  acme:\n    policy: { onExhausted: park }',
    'registry.yaml:4:15: organizations.acme.policy.onExhausted: park is not supported yet: use fail.',
  ],
  [
    'a provider named platform',
    'version: 1\norganizations:\n  acme:\n    providers:\n      platform: { vendor: custom }',
    'registry.yaml:5:7: organizations.acme.providers.platform:',
  ],
  [
    'a price that is a float',
    'version: 1\norganizations:\n  acme:\n    models:\n      m: { provider: p, upstreamId: u, price: { input: 0.15, output: "1" } }',
    'registry.yaml:5:49: organizations.acme.models.m.price.input:',
  ],
  ['another version', 'version: 2\norganizations: {}', 'registry.yaml:1:1: version:'],
])('%s is an error with line and column', (_what, text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('an error never shows a literal secret', () => {
  expect.assertions(1);
  try {
    read(withProvider('        credential: { apiKey: sk-literal }'));
  } catch (error) {
    expect(String(error)).not.toContain('sk-literal');
  }
});
