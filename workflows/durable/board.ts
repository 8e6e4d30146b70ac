import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributeNames } from '../../contract/index.ts';
import type { BehaviorRun, RunState } from '../../contract/index.ts';
import { detailsOf, isLandmark, labelsOf } from '../run/labels.ts';

const statusKey = defineSearchAttributeKey(searchAttributeNames.status, SearchAttributeType.KEYWORD);
const orgKey = defineSearchAttributeKey(searchAttributeNames.org, SearchAttributeType.KEYWORD);
const tagsKey = defineSearchAttributeKey(searchAttributeNames.tags, SearchAttributeType.KEYWORD_LIST);

/**
 * What operators see of a run in the Temporal UI. Search attributes are kept current only for a run that was started
 * with them: so they need no switch here, and an unregistered one never fails a task for ever.
 */
export function openBoard(run: BehaviorRun): (state: RunState) => void {
  const started = workflowInfo().typedSearchAttributes;
  const searchable = started.get(orgKey) !== undefined;
  let shownStatus = started.get(statusKey);
  let shownTags = started.get(tagsKey)?.join();

  return (state) => {
    setCurrentDetails(detailsOf(run, state));
    if (!searchable || !isLandmark(state)) return;
    const { status, tags } = labelsOf(run, state);
    const changes: SearchAttributeUpdatePair[] = [];
    if (status !== shownStatus) changes.push({ key: statusKey, value: status });
    if (tags.join() !== shownTags) changes.push({ key: tagsKey, value: [...tags] });
    if (changes.length > 0) upsertSearchAttributes(changes);
    shownStatus = status;
    shownTags = tags.join();
  };
}
