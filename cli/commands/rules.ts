import type { Command } from 'commander';
import { addRead, addWrite, collect, given } from '../api-command.ts';
import type { ApiOptions, WriteOptions } from '../api-command.ts';
import { printGone, printOne, printOutcome } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { UserError } from '../user-error.ts';
import { writeOver } from '../write-over.ts';

interface Place {
  readonly pipe: string;
  readonly behavior?: string;
}

interface SetOptions extends WriteOptions, Place {
  readonly dataClass?: string;
  readonly provider?: readonly string[];
  readonly onFailure?: string;
  readonly onExhausted?: string;
}

export function addRulesCommands(program: Command): void {
  const rules = program.command('rules').description('What an organization demands of a pipe or a Behavior.');
  ofPlace(addRead(rules, 'get', 'the rules')).action(async ({ org, json, ...place }: ApiOptions & Place) =>
    printOne((await (await reachApi()).rules.get(org, place)).body, json === true),
  );
  ofPlace(addWrite(rules, 'set', 'replace the rules by those that are named'))
    .option('--data-class <class>', 'the class of data that its runs carry')
    .option('--provider <provider>', 'one of the only providers it may use; may be repeated', collect)
    .option('--on-failure <word>', 'platform, cascade or none')
    .option('--on-exhausted <word>', 'fail')
    .action(setCommand);
  ofPlace(addWrite(rules, 'clear', 'take the rules away')).action(
    async ({ org, json, dryRun, ...place }: WriteOptions & Place) => {
      const api = (await reachApi()).rules;
      const { etag } = await api.get(org, place);
      printGone(nameOf(place), await api.delete(org, place, { ifMatch: etag ?? '*', dryRun }), json === true);
    },
  );
}

function ofPlace(command: Command): Command {
  return command
    .requiredOption('--pipe <id>', 'the pipe')
    .option('--behavior <id>', 'one of its Behaviors; without, the pipe itself');
}

async function setCommand(options: SetOptions): Promise<void> {
  const { org, json, dryRun, pipe, behavior, dataClass, provider, onFailure, onExhausted } = options;
  const place = { pipe, behavior };
  const body = given({ dataClass, providers: provider, onFailure, onExhausted });
  if (Object.keys(body).length === 0)
    throw new UserError(
      '--on-failure or another rule: name at least one, or take all away with `byom rules clear`.',
    );
  const api = (await reachApi()).rules;
  const put = await writeOver(
    () => api.get(org, place),
    (ifMatch) => api.put(org, place, body as never, { ifMatch, dryRun }),
  );
  printOutcome(nameOf(options), put, json === true);
}

function nameOf({ pipe, behavior }: Place): string {
  return behavior === undefined ? `Rules of pipe ${pipe}` : `Rules of ${behavior}`;
}
