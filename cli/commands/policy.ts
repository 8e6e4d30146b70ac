import type { Command } from 'commander';
import { addRead, addWrite, given } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printOne, printOutcome } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readObject } from '../read-input.ts';
import { UserError } from '../user-error.ts';
import { changeWhatIs } from '../write-over.ts';

interface SetOptions extends WriteOptions {
  readonly whenMissing?: string;
  readonly onFailure?: string;
  readonly onExhausted?: string;
  /** False: `--no-unclassified`. */
  readonly unclassified?: string | false;
  readonly currency?: string;
  readonly fromFile?: string;
}

export function addPolicyCommands(program: Command): void {
  const policy = program
    .command('policy')
    .description('What failure may do in an organization; rules of a pipe or a Behavior go over it.');
  addRead(policy, 'get', 'the policy').action(async ({ org, json }: ApiOptions) =>
    printOne((await (await reachApi()).policy.get(org)).body, json === true),
  );
  addWrite(policy, 'set', 'change the settings that are named; the others stay')
    .option('--when-missing <word>', 'nothing assigned and no default: platform or fail')
    .option('--on-failure <word>', 'platform, cascade or none')
    .option('--on-exhausted <word>', 'fail')
    .option('--unclassified <class>', 'the class of data of runs that carry none')
    .option('--no-unclassified', 'runs that carry no class of data have none')
    .option('--currency <code>', 'of prices and costs, such as USD')
    .option('--from-file <file.json>', 'settings as JSON, `-` for stdin; the options above go over it')
    .action(setCommand);
}

async function setCommand({ org, json, dryRun, fromFile, ...options }: SetOptions): Promise<void> {
  const { whenMissing, onFailure, onExhausted, unclassified, currency } = options;
  const settings = {
    ...(fromFile === undefined ? {} : readObject('--from-file', fromFile)),
    ...given({ whenMissing, onFailure, onExhausted, currency }),
    ...(unclassified === undefined ? {} : { unclassified: unclassified === false ? null : unclassified }),
  };
  if (Object.keys(settings).length === 0)
    throw new UserError(
      '--on-failure or another setting: name what is to change (`byom policy set --help`).',
    );
  const api = (await reachApi()).policy;
  const put = await changeWhatIs(
    () => api.get(org),
    (ifMatch) => api.patch(org, settings as never, { ifMatch, dryRun }),
  );
  printOutcome(`The policy of ${org}`, put, json === true);
}
