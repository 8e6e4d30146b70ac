import { UserError } from '../user-error.ts';

/** As typed: a switch that is not there is absent. */
export interface DevOptions {
  readonly json?: true;
  readonly sample?: true;
  readonly remote?: true;
}

/** More is a server's own log, of which the beginning says what is wrong. */
const messageMaxCharacters = 1_000;

/** The sandbox is loaded here and nowhere else: no other command needs it. */
export async function devCommand(options: DevOptions): Promise<void> {
  const { runDev } = await import('../../sandbox/index.ts');
  try {
    await runDev({
      json: options.json ?? false,
      sample: options.sample ?? false,
      remote: options.remote ?? false,
    });
  } catch (error) {
    const { message } = error as Error;
    throw new UserError(message.replaceAll(/\s*\n\s*/g, ' ').slice(0, messageMaxCharacters));
  }
}
