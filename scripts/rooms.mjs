/** The rooms of the house and what each may import: the one source of the lint rules and of their test. */
export const rooms = {
  contract: { may: [] },
  client: { may: ['contract'] },
  workflows: { may: ['contract'] },
  vendors: { may: ['contract'] },
  registry: { may: ['contract'] },
  activities: { may: ['contract', 'registry', 'vendors', 'client'] },
  worker: { may: ['contract', 'registry', 'vendors', 'activities'] },
  api: { may: ['contract', 'client', 'registry', 'vendors'] },
  testing: { may: ['contract'] },
  sandbox: {
    may: ['contract', 'client', 'registry', 'vendors', 'activities', 'worker', 'api', 'testing'],
  },
  cli: {
    may: ['contract', 'client', 'registry', 'vendors', 'activities', 'worker', 'api', 'testing', 'sandbox'],
  },
  bench: {
    may: [
      'contract',
      'client',
      'workflows',
      'registry',
      'vendors',
      'activities',
      'worker',
      'api',
      'testing',
      'sandbox',
    ],
  },
};

/** The rooms that `room` must not import; `test` is closed to all of them. */
export function forbiddenBetween(room) {
  const all = [...Object.keys(rooms), 'test'];
  return all.filter((one) => one !== room && !rooms[room].may.includes(one));
}
