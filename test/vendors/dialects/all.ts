import { bedrockDialect } from './amazon-bedrock.ts';
import { anthropicDialect } from './anthropic.ts';
import { azureDialects } from './azure-openai.ts';
import type { Dialect } from './dialect.ts';
import { vertexDialects } from './google-vertex-ai.ts';
import { customDialects, openaiDialects } from './openai.ts';
import { ociDialects } from './oracle-oci.ts';

/** Every vendor in every format it is called in. A new vendor is one line here. */
export const dialects: readonly Dialect[] = [
  ...Object.values(openaiDialects),
  ...Object.values(customDialects),
  ...Object.values(azureDialects),
  ...Object.values(vertexDialects),
  bedrockDialect,
  ...Object.values(ociDialects),
  anthropicDialect,
];

/** One dialect of each format: several vendors may say the same answer in the same bytes. */
export const formats: readonly Dialect[] = [
  ...new Map(dialects.toReversed().map((dialect) => [bytesOf(dialect), dialect])).values(),
].toReversed();

function bytesOf({ events, whole }: Dialect): string {
  const meant = { words: ['one ', 'two'], end: 'stop', usage: true } as const;
  return (
    whole(meant) +
    events(meant)
      .map((event) => Buffer.from(event as Uint8Array).toString('hex'))
      .join()
  );
}
