/** Plain data that crosses a wire, the names under which our parts meet, and the failure table. */
export * from './activities.ts';
export * from './engine.ts';
export * from './failure.ts';
export * from './messages.ts';
export * from './names.ts';
export * from './next-hop.ts';
export * from './outcome.ts';
export * from './provider-test.ts';
export * from './reason.ts';
export * from './run.ts';
export * from './state.ts';
export * from './ticket.ts';
export * from './vendor-reply.ts';
