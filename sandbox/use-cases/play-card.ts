import type { PipeEngine } from '../engine/engine.ts';
import type { UseCase, UseCaseCard } from './use-case.ts';

/** Creates a card, lets every run that follows end, and does what people do in between. Returns the card's id. */
export async function playCard(
  engine: Pick<PipeEngine, 'createCard' | 'updateCard' | 'whenIdle'>,
  { pipes }: UseCase,
  card: UseCaseCard,
  withinMs?: number,
): Promise<string> {
  const pipe = pipes.find(({ id }) => id === card.pipe);
  if (pipe === undefined) throw new Error(`The use case has no pipe ${card.pipe}.`);
  const { fields, title, attachments } = card;
  const id = await engine.createCard(pipe, {
    fields,
    title,
    ...(attachments === undefined ? {} : { attachments }),
  });
  await engine.whenIdle(id, withinMs);
  if (card.edit !== undefined) {
    await engine.updateCard(id, card.edit);
    await engine.whenIdle(id, withinMs);
  }
  return id;
}
