/**
 * The two handles that models and services see. A `Db` runs each query on its own; a `Tx` is one transaction.
 * A `Tx` passes where a `Db` is wanted (a read inside a transaction); a `Db` never passes where a `Tx` is wanted.
 */
export interface Db {
  /** Runs a compiled query. Throws AppError `database_unavailable` or `overloaded`; constraint violations pass through. */
  run<Row>(query: Query<Row>, params: QueryParams): Promise<Row[]>;
}

export declare const txBrand: unique symbol;

export interface Tx extends Db {
  readonly [txBrand]: true;
}

/** Where a transaction may begin: a `Db` that is not already a transaction. */
export type TxSource = Db & { readonly [txBrand]?: never };

/** Values by the names of the query's placeholders. Values only ever travel as bind parameters. */
export type QueryParams = Readonly<Record<string, unknown>>;

/** SQL text that is built once, on first use, from Drizzle's builder. */
export interface Query<Row> {
  /** Unique; also the name of the prepared statement: at most 63 bytes. */
  readonly name: string;
  readonly compiled: () => CompiledQuery;
  /** Only carries the row's type. */
  readonly row?: Row;
}

export interface CompiledQuery {
  readonly text: string;
  /** Bind values in order: a placeholder's name, or a constant that the builder put there. */
  readonly binds: readonly Bind[];
  /** Only reads, so that it may be repeated when its connection is lost. */
  readonly readOnly: boolean;
}

export type Bind = NamedBind | { readonly value: unknown };

export interface NamedBind {
  readonly name: string;
  /** What the column does to a value on its way to the driver: JSON text, for one. Null is never encoded. */
  readonly encode?: (value: unknown) => unknown;
}
