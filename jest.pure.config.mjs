import everything from './jest.config.mjs';

/** The tests that need no process but their own: seconds, on every save. */
const { globalSetup: _setup, globalTeardown: _teardown, ...rest } = everything;
export default {
  ...rest,
  testPathIgnorePatterns: [
    '/node_modules/',
    '\\.(pg|temporal|vendors|long)\\.test\\.ts$',
    '/test/(sandbox|package)/',
  ],
};
