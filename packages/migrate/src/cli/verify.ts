import { join, relative } from 'node:path';
import type { ConnectionSource } from '../connection.ts';
import { loadRevisions } from '../folder.ts';
import { getRevision, type RevisionGraph } from '../graph.ts';
import { history } from '../history.ts';
import { withShadow } from '../shadow/shadow.ts';
import { type VerifiedTrip, type VerifyReport, verifyRevisions } from '../verify/verify.ts';
import { CliError, type CliFinding, type MigrateContext, type VerbResult } from './verb.ts';

export interface VerifyVerbOptions {
  /** `a:b`: only these are taken there and back. */
  readonly range?: string;
  readonly rows?: string;
  /** Of binaries, instead of the configured database's server. */
  readonly serverVersion?: string;
}

/** Every revision up, down and up again with rows in every table, in a throw-away database. Exit `findings` when one differs. */
export async function verifyVerb(
  options: VerifyVerbOptions,
  context: MigrateContext,
): Promise<VerbResult<VerifyReport & { server: string }>> {
  const graph = await loadRevisions(context.folder);
  const data = await inShadow(options, context, async (connection, server) => {
    const report = await context.withStop(async (signal) =>
      verifyRevisions(graph, {
        connection,
        signal,
        ...pick(context),
        ...(options.rows === undefined ? {} : { rows: wholeNumber('--rows', options.rows) }),
        ...(options.range === undefined
          ? {}
          : { only: new Set(history(graph, options.range).map((one) => one.revision)) }),
        onRevision: (revision) => context.talk.update(`verifying ${revision}`),
      }),
    );
    return { ...report, server };
  });
  return {
    data,
    text: [...data.trips.map(renderTrip), ...data.unfilled.map((one) => `no rows in ${one.table}: ${one.reason}`)].join(
      '\n',
    ),
    findings: data.trips.flatMap((trip) => toFindings(trip, graph, context)),
  };
}

async function inShadow<Result>(
  { serverVersion }: VerifyVerbOptions,
  context: MigrateContext,
  work: (connection: ConnectionSource, server: string) => Promise<Result>,
): Promise<Result> {
  const run = async (options: Parameters<typeof withShadow>[0]): Promise<Result> =>
    withShadow(options, async (shadow) => {
      const { connection } = await shadow.createDatabase();
      return work(connection, `PostgreSQL ${shadow.majorVersion}, ${shadow.origin}`);
    });
  if (serverVersion !== undefined) return run({ majorVersion: wholeNumber('--server-version', serverVersion) });
  return context.withConnection(async (connection) => run({ connection }));
}

function pick({ settings }: MigrateContext): { journalSchema?: string; searchPath?: readonly string[] } {
  const { journalSchema, searchPath } = settings;
  return {
    ...(journalSchema === undefined ? {} : { journalSchema }),
    ...(searchPath === undefined ? {} : { searchPath }),
  };
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new CliError('usage', `${flag} is a whole number`, `mend ${flag}`);
  return value;
}

const says: Readonly<Record<VerifiedTrip['outcome'], string>> = {
  passed: 'up, down, up: the same',
  refused: 'the down refuses to lose something',
  irreversible: 'has no down',
  differs: 'DIFFERS',
};

function renderTrip({ revision, outcome, rows, refusal, unfit }: VerifiedTrip): string {
  const name = revision === 'base' ? 'the whole chain' : revision;
  const reasons = [
    ...(refusal === undefined ? [] : [refusal]),
    ...(unfit === undefined ? [] : [`the up refuses generated rows: ${unfit}`]),
  ];
  const why = reasons.map((reason) => `\n  ${reason.split('\n')[0]}`).join('');
  return `${name.padEnd(15)}  ${says[outcome]}, with ${rows} rows there${why}`;
}

function toFindings(trip: VerifiedTrip, graph: RevisionGraph, context: MigrateContext): CliFinding[] {
  const { revision, differences } = trip;
  const evidence =
    revision === 'base'
      ? 'the whole chain'
      : relative(context.cwd, join(context.folder, getRevision(graph, revision).file));
  const fix = 'make the down section take back all that the up section does, and nothing else';
  const verify = `${context.program} verify`;
  return differences.map((cause) => ({ id: 'ST-VERIFY', severity: 'error', evidence, cause, fix, verify }));
}
