import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { addRead } from '../api-command.ts';
import type { ApiOptions } from '../api-command.ts';
import { printOne, printRows } from '../print.ts';
import { reachApi } from '../reach-api.ts';
import { readWhole } from '../read-input.ts';
import { UserError } from '../user-error.ts';

interface Options extends ApiOptions {
  readonly model?: string;
  readonly wait: string;
}

const pauseMs = 500;

export function addProviderTestCommand(providers: Command): void {
  addRead(
    providers,
    'test <provider>',
    'call a provider from where runs would, and say what stands in the way',
  )
    .option('--model <model>', "the model to call; else the provider's first")
    .option('--wait <seconds>', 'how long to wait for the workers', '120')
    .action(testCommand);
}

/** Exit code 1 when the provider would not serve. */
async function testCommand(provider: string, { org, json, model, wait }: Options): Promise<void> {
  const waitSeconds = readWhole('--wait', wait, 3_600);
  const test = await outcomeOf(provider, { org, model, waitSeconds });
  if (test.status === 'failed') process.exitCode = 1;
  if (json === true) {
    printOne(test, true);
    return;
  }
  type Stage = (typeof test.stages)[number];
  const columns = {
    stage: (stage: Stage) => stage.stage,
    status: (stage: Stage) => stage.status,
    ms: (stage: Stage) => stage.ms,
    failure: (stage: Stage) => stage.failure,
  };
  printRows(test.stages, columns, false);
  const hint = test.stages.find((stage) => stage.hint !== null)?.hint;
  if (test.status === 'failed') process.stderr.write(`byom: ${provider}: ${hint ?? 'the test failed.'}\n`);
  else process.stdout.write(`\n${provider} would serve${modeOf(test.supports)}.\n`);
}

async function outcomeOf(
  provider: string,
  { org, model, waitSeconds }: { org: string; model: string | undefined; waitSeconds: number },
) {
  const { tests } = await reachApi();
  const { body } = await tests.start(org, provider, { model });
  const untilMs = performance.now() + waitSeconds * 1_000;
  for (;;) {
    const { body: test } = await tests.get(org, body?.testId ?? '');
    if (test.status === 'passed' || test.status === 'failed') return test;
    if (performance.now() > untilMs)
      throw new UserError(
        test.status === 'waiting'
          ? `--wait: no worker has taken up the test in ${waitSeconds} s: is \`byom worker\` running? Asked again, it is the same test.`
          : `--wait: the test has not ended in ${waitSeconds} s. Asked again, it is the same test.`,
      );
    await sleep(pauseMs);
  }
}

function modeOf(supports: { readonly structuredOutput: string } | null): string {
  return supports === null ? '' : `; structured output: ${supports.structuredOutput}`;
}
