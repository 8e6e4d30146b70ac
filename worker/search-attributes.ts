import { searchAttributeNames } from '../contract/index.ts';

/** The part of a Temporal connection that lists and creates search attributes. */
export interface SearchAttributeDesk {
  readonly operatorService: {
    listSearchAttributes(request: { namespace: string }): Promise<{ customAttributes?: object | null }>;
    addSearchAttributes(request: {
      namespace: string;
      searchAttributes: Record<string, number>;
    }): Promise<unknown>;
  };
}

/** `temporal.api.enums.v1.IndexedValueType` */
const keyword = 2;
const keywordList = 7;

const wanted = {
  [searchAttributeNames.status]: { value: keyword, flag: 'Keyword' },
  [searchAttributeNames.org]: { value: keyword, flag: 'Keyword' },
  [searchAttributeNames.tags]: { value: keywordList, flag: 'KeywordList' },
} as const;

/**
 * Makes sure that operators can search for runs: creates the attributes that are missing where it may. Returns null, or
 * one line that says what an operator has to do; runs are served without them all the same.
 */
export async function ensureSearchAttributes(
  desk: SearchAttributeDesk,
  namespace: string,
): Promise<string | null> {
  try {
    const { customAttributes } = await desk.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(wanted).filter(([name]) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return null;
    const searchAttributes = Object.fromEntries(missing.map(([name, { value }]) => [name, value]));
    await desk.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return null;
  } catch {
    return `Runs cannot be searched for in Temporal. Create the attributes once: ${createCommand(namespace)}`;
  }
}

function createCommand(namespace: string): string {
  const flags = Object.entries(wanted).map(([name, { flag }]) => `--name ${name} --type ${flag}`);
  return `temporal operator search-attribute create --namespace ${namespace} ${flags.join(' ')}`;
}
