import type { PlantedTexts } from './planted.ts';

/** Registry files that cannot be applied, each with a key where somebody in a hurry may put it. */
export function faultyFiles({ apiKey, plainKey: key }: PlantedTexts): Readonly<Record<string, string>> {
  // A text in JSON is one in YAML.
  const quoted = JSON.stringify(apiKey);
  const file = (organization: string) => `version: 1\norganizations: { acme: { ${organization} } }\n`;
  const provider = (more: string) => file(`providers: { main: { vendor: custom, ${more} } }`);
  const credential = (text: string) =>
    provider(`settings: { baseUrl: 'https://llm.example/v1' }, credential: ${text}`);
  return {
    'written out': credential(`{ apiKey: ${quoted} }`),
    'in place of the credential': credential(`[${quoted}]`),
    'as the name of a variable': credential(`{ apiKey: '\${env:${key}}' }`),
    'as the name of a file': credential(`{ apiKey: '\${file:${key}}' }`),
    'as the name of a field': credential(`{ ${key}: '\${env:VENDOR_KEY}' }`),
    'for a field that is none': credential(`{ key: '\${env:VENDOR_KEY}' }`),
    'as a tag': credential(`!${key} { apiKey: 1 }`),
    'as an alias': credential(`*${key}`),
    'beside the credential': provider(`apiKey: ${quoted}`),
    'as a key of a provider': provider(key),
    'as the address': provider(`settings: { baseUrl: ${quoted} }`),
    'in the address': provider(`settings: { baseUrl: 'https://${key}@llm.example/v1' }`),
    'as the vendor': file(`providers: { main: { vendor: ${key} } }`),
    'as a slug': file(`providers: { ${key}: { vendor: custom } }`),
    'as the provider of a model': file(`models: { mini: { provider: ${key}, upstreamId: mini } }`),
    'as the default': file(`default: ${key}`),
    'in a text that does not end': `version: 1\norganizations: { acme: { name: ${quoted.slice(0, -1)}`,
    twice: file(`providers: { ${key}: {}, ${key}: {} }`),
    'as the whole file': key,
  };
}
