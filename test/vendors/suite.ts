import type { Dialect } from './dialects/dialect.ts';
import { answers } from './suite/answers.ts';
import { connections } from './suite/connections.ts';
import { damagedAnswers } from './suite/damaged-answers.ts';
import { errors } from './suite/errors.ts';
import { silenceAndCancellation } from './suite/silence-and-cancellation.ts';
import { openTrial } from './suite/trial.ts';
import { whatIsSent } from './suite/what-is-sent.ts';

/** What every vendor has to do, in every format it is called in. Called once per dialect, at the top of a test file. */
export function conforms(dialect: Dialect): void {
  describe(dialect.name, () => {
    const trial = openTrial(dialect);
    whatIsSent(trial);
    answers(trial);
    damagedAnswers(trial);
    errors(trial);
    silenceAndCancellation(trial);
    connections(trial);
  });
}
