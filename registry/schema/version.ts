/** The schema this package is written for; it also serves on the one before, so that deploys can roll. */
export const schemaVersion = 2;
