import { assignments } from './resources/assignments.ts';
import { attention } from './resources/attention.ts';
import { availableModels } from './resources/available-models.ts';
import { credentials } from './resources/credentials.ts';
import { dataClasses } from './resources/data-classes.ts';
import { defaultModel } from './resources/default-model.ts';
import { models } from './resources/models.ts';
import { organizations } from './resources/organizations.ts';
import { providerTests } from './resources/provider-tests.ts';
import { providers } from './resources/providers.ts';
import { reports } from './resources/reports.ts';
import { resolutions } from './resources/resolution.ts';
import { roleBindings } from './resources/role-bindings.ts';
import { rules } from './resources/rules.ts';
import { runs } from './resources/runs.ts';
import { serviceTokens } from './resources/service-tokens.ts';
import type { Route } from './route.ts';

/** Every route of the API. A new resource is a file and a line here. */
export const routes: readonly Route[] = [
  ...organizations,
  ...providers,
  ...providerTests,
  ...availableModels,
  ...credentials,
  ...models,
  ...defaultModel,
  ...assignments,
  ...rules,
  ...dataClasses,
  ...resolutions,
  ...reports,
  ...attention,
  ...serviceTokens,
  ...roleBindings,
  ...runs,
];
