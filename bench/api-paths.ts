/** Where the process of the API says how much memory it holds, in bytes. */
export const memoryPath = '/bench/memory';
/** What the handler that does nothing answers at. */
export const nothingPath = '/v1/nothing';
