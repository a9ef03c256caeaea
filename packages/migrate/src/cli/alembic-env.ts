import { envSnippet } from '../alembic/stub-text.ts';
import { defaultJournalSchema } from '../options.ts';
import type { MigrateContext, VerbResult } from './verb.ts';

/** Prints what an env.py needs to take the same lock. */
export async function alembicEnvVerb(_options: object, context: MigrateContext): Promise<VerbResult<string>> {
  const { journalSchema = defaultJournalSchema, searchPath = ['public'] } = context.settings;
  const text = (await envSnippet({ journalSchema, searchPath })).trimEnd();
  return { data: text, text };
}
