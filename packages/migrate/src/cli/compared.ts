import type { ModelsOptions } from '../autogenerate/compare-models.ts';
import type { WantedSchema } from '../autogenerate/wanted-schema.ts';
import { describeDifference, type SchemaDifference } from '../schema/compare.ts';
import type { ShadowOptions } from '../shadow/shadow.ts';
import { CliError, type CliFinding, type MigrateContext, type VerbResult } from './verb.ts';

export interface ShadowFlags {
  readonly postgres?: string;
}

/** Throws CliError `config_invalid` where no models are configured. */
export async function modelsOf(context: MigrateContext): Promise<WantedSchema> {
  if (context.models) return context.models();
  const fix =
    'name a file of SQL that builds the wanted schema: "models" in stanchion-migrate.json, or --models <file>';
  throw new CliError('config_invalid', 'No models are named.', fix);
}

/** The database's own server, or with --postgres binaries and no database at all. */
export async function withShadowOptions<Result>(
  flags: ShadowFlags,
  context: MigrateContext,
  work: (shadow: ShadowOptions & Pick<ModelsOptions, 'journalSchema' | 'searchPath'>) => Promise<Result>,
): Promise<Result> {
  const { journalSchema, searchPath } = context.settings;
  const settings = {
    ...(journalSchema === undefined ? {} : { journalSchema }),
    ...(searchPath === undefined ? {} : { searchPath }),
  };
  if (flags.postgres === undefined)
    return context.withConnection(async (connection) => work({ ...settings, connection }));
  const majorVersion = Number(flags.postgres);
  if (!Number.isInteger(majorVersion))
    throw new CliError('usage', `"${flags.postgres}" is no major version`, '--postgres 18');
  return work({ ...settings, majorVersion });
}

export interface ComparedData {
  readonly differences: readonly SchemaDifference[];
}

export function reportDifferences(
  differences: readonly SchemaDifference[],
  words: { none: string; id: string; cause: string; fix: string; verify: string },
): VerbResult<ComparedData> {
  const lines = differences.map(describeDifference);
  const findings = lines.map((evidence): CliFinding => {
    const { id, cause, fix, verify } = words;
    return { id, severity: 'error', evidence, cause, fix, verify };
  });
  return { data: { differences }, text: lines.length === 0 ? words.none : lines.join('\n'), findings };
}
