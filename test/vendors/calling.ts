import { Failure, type VendorReply } from '../../contract/index.ts';
import { createGuard, type CallControl, type Guard, type Prompt } from '../../vendors/index.ts';
import { prompt as plainPrompt, type Dialect } from './dialects/dialect.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

interface CallOptions {
  readonly prompt?: Prompt;
  readonly streaming?: boolean;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<CallControl['limits']>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly credential?: unknown;
  readonly upstreamId?: string;
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  readonly guard?: Guard;
  readonly onProgress?: () => void;
}

/** A server to be scripted and the guard through which it may be reached. */
export interface Bench {
  readonly server: ScriptedServer;
  readonly guard: Guard;
  call(dialect: Dialect, options?: CallOptions): Promise<VendorReply>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const server = await startScriptedServer();
  const guard = createGuard({ allowedRanges: ['127.0.0.0/8'] });
  return {
    server,
    guard,
    call: (dialect, options = {}) =>
      dialect.vendor.invoke(
        options.prompt ?? plainPrompt,
        {
          settings: { ...dialect.settings(server.url), ...options.settings },
          credential: options.credential === undefined ? dialect.credential : options.credential,
          upstreamId: options.upstreamId ?? dialect.upstreamId ?? 'some-model',
          maxOutputTokens: 256,
          streaming: options.streaming ?? true,
          maxTokensField: options.maxTokensField ?? null,
        },
        {
          signal: options.signal ?? new AbortController().signal,
          limits: { firstTokenMs: 10_000, idleMs: 10_000, totalMs: 10_000, ...options.limits },
          guard: options.guard ?? guard,
          onProgress: options.onProgress ?? (() => {}),
        },
      ),
    close: async () => {
      await guard.close();
      await server.close();
    },
  };
}

/** The failure that a call ends with; a call that ends well, or with anything else, fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const thrown = await call.then(
    (reply) => new Error(`answered: ${JSON.stringify(reply)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}
