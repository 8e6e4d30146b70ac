/** The prompt lacks something that its answer depends on. The message names it: these are the sandbox's own words. */
export class PromptProblem extends Error {
  override readonly name = 'PromptProblem';
}
