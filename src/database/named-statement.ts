import pg from 'pg';
import { type RowReader, rowReader } from './row-reader.ts';

export interface NamedStatementOptions<Row> {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /**
   * What the statement returns is asked for once a connection: a session's statement never returns anything else, for PostgreSQL
   * refuses it then (0A000). Behind a pooler it is another session's statement at any time, and asked for each time.
   */
  readonly describedOnce: boolean;
  readonly done: (error: Error | null, rows: Row[]) => void;
}

/**
 * A prepared statement for `pg.Client.query`, in place of pg's own Query, which has each execution described anew, makes rows by
 * a loop over names and emits an event for each (docs/adr/0021-our-own-statements.md). pg calls the methods, by these names.
 */
export class NamedStatement<Row> implements pg.Submittable {
  readonly name: string;
  /** pg writes it down as prepared under the name, once the server says so. */
  readonly text: string;
  readonly callback: (error: Error | null, rows: Row[]) => void;
  readonly #values: readonly unknown[];
  readonly #describedOnce: boolean;
  readonly #rows: Row[] = [];
  #readers: Map<string, RowReader> | undefined;
  #read: RowReader | undefined;
  #fault: Error | undefined;

  constructor({ name, text, values, describedOnce, done }: NamedStatementOptions<Row>) {
    this.name = name;
    this.text = text;
    this.callback = done;
    this.#values = values;
    this.#describedOnce = describedOnce;
  }

  /** Sends everything at once. An error that is returned comes back through `handleError`. */
  submit(connection: pg.Connection): Error | null {
    const { name, text } = this;
    const prepared = preparedOn(connection)[name];
    if (prepared !== undefined && prepared !== text) {
      return new Error(`Prepared statements must be unique - '${name}' was used for a different statement`);
    }
    let values: (Buffer | string | null)[];
    try {
      // Before anything is sent: a value that cannot be written leaves nothing half sent.
      values = this.#values.map((value) => prepareValue(value));
    } catch (error) {
      return toError(error);
    }
    this.#readers = readersOf(connection);
    if (this.#describedOnce && prepared !== undefined) this.#read = this.#readers.get(name);
    const { stream } = connection;
    stream.cork();
    if (prepared === undefined) connection.parse({ name, text, types: [] }, true);
    connection.bind({ statement: name, values }, true);
    if (this.#read === undefined) connection.describe({ type: 'P' }, true);
    connection.execute(null, true);
    connection.sync();
    stream.uncork();
    return null;
  }

  handleRowDescription({ fields }: { fields: readonly pg.FieldDef[] }): void {
    this.#read = rowReader(fields);
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (this.#fault !== undefined) return;
    try {
      // The query's author gives the row's type; row-fields.ts checks it for what the builder built.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      this.#rows.push(this.#read?.(fields) as Row);
    } catch (error) {
      this.#fault = toError(error);
    }
  }

  handleCommandComplete(): void {
    this.#readers?.set(this.name, this.#read ?? noColumns);
  }

  handleReadyForQuery(): void {
    this.callback(this.#fault ?? null, this.#rows);
  }

  handleError(error: Error): void {
    this.callback(this.#fault ?? error, []);
  }

  /** Only of a statement without text. */
  handleEmptyQuery(): void {}

  /** Only of a statement whose rows are fetched in parts. */
  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: pg.Connection & { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('COPY is not for queries');
  }

  handleCopyData(): void {}
}

/** By connection, how the rows of each statement are read that was described there. */
const readers = new WeakMap<pg.Connection, Map<string, RowReader>>();

function readersOf(connection: pg.Connection): Map<string, RowReader> {
  let known = readers.get(connection);
  if (!known) {
    known = new Map();
    readers.set(connection, known);
  }
  return known;
}

const noColumns: RowReader = () => ({});

/** How pg writes a value as PostgreSQL's text: arrays, objects and dates among them. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg exports it, and its types leave it out
const { prepareValue } = (pg as typeof pg & { utils: { prepareValue: (value: unknown) => Buffer | string | null } })
  .utils;

/** Texts by the names under which they are prepared on this connection; pg's types leave that out. */
function preparedOn(connection: pg.Connection): Readonly<Record<string, string | undefined>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg 8 keeps them there, for its own Query
  return (connection as pg.Connection & { parsedStatements: Record<string, string> }).parsedStatements;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('unexpected', { cause: error });
}
