import { isolation } from '../isolation.ts';
import { ledger } from './ledger.ts';
import { management } from './management.ts';
import { tables } from './tables.ts';

export interface SchemaMigration {
  /** Its place is the schema's version: the first makes version 1. Never renamed, never edited once released. */
  readonly name: string;
  readonly up: string;
}

/** In order, and only forward. A migration that touches rows lifts FORCE inside its own text: it binds the owner too. */
export const allMigrations: readonly SchemaMigration[] = [
  { name: '0001-registry', up: tables + ledger + isolation },
  { name: '0002-management', up: management },
];
