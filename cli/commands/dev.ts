import type { DevOptions } from '../byom.ts';

/** The sandbox is loaded here and nowhere else: no other command needs it. */
export async function devCommand(options: DevOptions): Promise<void> {
  const { runDev } = await import('../../sandbox/index.ts');
  await runDev({
    json: options.json ?? false,
    sample: options.sample ?? false,
    remote: options.remote ?? false,
  });
}
