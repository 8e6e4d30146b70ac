import type { FailureType, TestStageName } from '../contract/index.ts';

type Words = Readonly<Partial<Record<FailureType, string>>>;

/** What to do about a failed stage, where the stage makes a difference. All of it is ours: no vendor's word is kept. */
const byStage: Readonly<Partial<Record<TestStageName, Words>>> = {
  address: {
    'model.misconfigured':
      'This address may not be reached from the workers. Use a public https address, or ask the operator to allow its range.',
    'model.unreachable':
      'The name of this host leads nowhere. Check its spelling, and that the workers can look it up.',
  },
  tls: {
    'model.misconfigured':
      'The address answers with a redirect, and none is followed. Enter the address it leads to.',
    'model.unreachable':
      'Nothing answers there, or its certificate does not hold. Check port, scheme and certificate, and that the workers may reach it.',
  },
  auth: {
    'model.misconfigured':
      "Nothing could be sent as it is registered. Check that the credential is set and fits the settings, the model's upstreamId, and that the vendor's package is installed where the workers run.",
  },
  'structured-output': {
    'model.invalid-answer':
      'The model gives no JSON in any mode. It can still answer with text; for plans choose another model.',
  },
};

const general: Words = {
  'model.unauthorized': 'The vendor does not take the credential. Set a new one.',
  'model.forbidden':
    'The vendor does not let the credential do this. Give it the right, or ask the vendor for access to the model; some vendors say the same of a model that does not exist, so check its upstreamId too.',
  'model.not-found':
    'The vendor knows no such model. Check its upstreamId, and the base URL up to the version.',
  'model.quota-exhausted': 'The quota or the balance at the vendor is used up. Check billing there.',
  'model.rate-limited': 'The vendor takes no more requests for now. Wait a minute and test again.',
  'model.overloaded': 'The vendor is overloaded. Test again later.',
  'model.server-error': 'The vendor failed on its own side. Test again later.',
  'model.timed-out':
    'The vendor took the request and did not answer in time. Test again, or try a faster model.',
  'model.unreachable': 'The connection broke. Test again.',
  'model.rejected':
    "The vendor refuses the request. Check that the model answers chats, and the provider's settings for the API.",
  'model.context-too-long': 'Even a few words are too much for this model. Choose another one.',
  'model.content-filtered': "The vendor's filter stops even a harmless question. Check its policy there.",
  'model.invalid-answer':
    'What came back is no answer of a model. Check that the base URL is that of the API.',
  'model.misconfigured': 'Nothing could be sent as it is registered. Check settings and credential.',
  'model.unknown': 'The call failed, and nothing says how. Test again, and ask the operator if it stays so.',
};

const nothingKnown = 'The test failed. Test again, and ask the operator if it stays so.';

/** What an admin can do about it; null where the stage did not fail. */
export function hintOf(stage: TestStageName, failure: FailureType | null): string | null {
  if (failure === null) return null;
  return byStage[stage]?.[failure] ?? general[failure] ?? nothingKnown;
}
