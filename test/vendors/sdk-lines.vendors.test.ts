import { readFileSync } from 'node:fs';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { findPackageRoot } from '../../sandbox/package-root.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

/** `npm run test:node24` says here which folder it took the SDKs from; they are the project's own otherwise. */
const folder = process.env['BYOM_SDK_FOLDER'] ?? findPackageRoot();

const calls = {
  openai: () => new OpenAI({ baseURL: server.url, apiKey: 'any', maxRetries: 0 }).models.list(),
  '@google/genai': () =>
    new GoogleGenAI({
      vertexai: true,
      apiKey: 'any',
      httpOptions: { baseUrl: server.url, fetch },
    }).models.generateContent({
      model: 'm',
      contents: 'any',
    }),
};

// Our own calls leave this header out, so the SDKs are asked as they come.
test.each([
  ['openai', 'user-agent'],
  ['@google/genai', 'x-goog-api-client'],
] as const)('the SDK %s of this run is the one that was installed for it', async (name, header) => {
  const text = readFileSync(`${folder}/node_modules/${name}/package.json`, 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  server.play({ chunks: ['{}'] });
  await calls[name]();
  expect(String(server.requests[0]?.headers[header])).toMatch(new RegExp(`[/ ]${version}( |$)`));
});
