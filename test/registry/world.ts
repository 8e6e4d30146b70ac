import { z } from 'zod';
import {
  applyRegistry,
  createRegistry,
  generateKeys,
  parseOpenKeys,
  parseSealKeys,
  readRegistryFile,
} from '../../registry/index.ts';
import type { CallToBegin, OpenRegistry, Question, RunIdentity } from '../../registry/index.ts';
import { freshDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

/** One vendor, so that this room's tests need no other room. */
const vendors = {
  custom: {
    settings: z.strictObject({ baseUrl: z.url() }),
    credential: z.strictObject({ apiKey: z.string().min(1) }),
    needsCredential: false,
    audience: ({ baseUrl }: { baseUrl: string }) => `custom ${baseUrl}`,
  },
};

export const env = { KEY: 'a-secret-of-twenty-six-signs' };

export const registryText = `
version: 1
organizations:
  acme:
    name: Acme
    providers:
      fast: { vendor: custom, settings: { baseUrl: 'https://fast.example' }, credential: { apiKey: '\${env:KEY}' } }
      legal: { vendor: custom, settings: { baseUrl: 'https://legal.example' } }
    models:
      light: { provider: fast, upstreamId: light-1, price: { input: '0.15', output: '0.60' } }
      flash: { provider: fast, upstreamId: flash-1 }
      strict: { provider: legal, upstreamId: strict-1 }
    default: flash
    dataClasses:
      financial: { providers: [legal], platform: false }
    rules:
      p-2: { behaviors: { b-rate: { dataClass: financial } } }
    assignments:
      p-1: { b-1: light, b-named: platform/ai }
      p-2: { b-rate: strict }
  globex:
    name: Globex
    providers:
      fast: { vendor: custom, settings: { baseUrl: 'https://fast.example' }, credential: { apiKey: '\${env:KEY}' } }
    models:
      light: { provider: fast, upstreamId: other-1 }
  platform:
    providers:
      house: { vendor: custom, settings: { baseUrl: 'https://house.example' } }
    models:
      ai: { provider: house, upstreamId: house-1 }
    default: ai
`;

export interface World {
  readonly database: TestDatabase;
  readonly registry: OpenRegistry;
  readonly rings: { readonly openRing: string; readonly sealRing: string };
  apply(text: string): ReturnType<typeof applyRegistry>;
  close(): Promise<void>;
}

/** A registry with two organizations and the platform in a database of its own. */
export async function openWorld(): Promise<World> {
  const database = await freshDatabase();
  const rings = generateKeys('test');
  const seal = parseSealKeys(rings.sealRing);
  const registry = createRegistry({ workerUrl: database.workerUrl, openKeys: parseOpenKeys(rings.openRing) });
  const world: World = {
    database,
    registry,
    rings,
    apply: (text) => applyRegistry(database.apiUrl, read(text), { vendors, seal }),
    close: async () => {
      await registry.close();
      await database.drop();
    },
  };
  await world.apply(registryText);
  return world;
}

export function read(text: string) {
  const readFile = () => '{"apiKey":"from a file"}';
  return readRegistryFile(text, { env, readFile, name: 'registry.yaml' });
}

let runs = 0;

/** A new run of `acme`, or another execution of the same one. */
export function identity(over: Partial<RunIdentity> = {}): RunIdentity {
  runs += 1;
  return {
    org: 'acme',
    pipe: 'p-1',
    behavior: 'b-1',
    dataClass: null,
    workflowId: `byom:acme:b-1:${runs}`,
    runId: `run-${runs}`,
    firstRunId: `run-${runs}`,
    askedAtMs: 1_000,
    round: 0,
    ...over,
  };
}

export function question(over: Partial<Question> = {}): Question {
  return {
    ...identity(over),
    hops: 0,
    tried: [],
    refused: [],
    roundMs: 0,
    waited: { times: 0, totalMs: 0 },
    order: null,
    ...over,
  };
}

export const lightCandidate = {
  layer: 'behavior',
  provider: 'fast',
  model: 'light',
  vendor: 'custom',
  reason: 'assigned',
} as const;

export function callOf(run: RunIdentity, over: Partial<CallToBegin> = {}): CallToBegin {
  return {
    ...run,
    hop: 1,
    candidate: lightCandidate,
    tried: [],
    roundMs: 0,
    order: null,
    attempt: 1,
    resume: true,
    purpose: 'answer',
    credential: 'active',
    ...over,
  };
}
