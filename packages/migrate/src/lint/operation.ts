import type { Node } from 'libpg-query';
import type { QualifiedName } from '../sql-statements.ts';

/** PostgreSQL's table locks, weakest first. https://www.postgresql.org/docs/current/explicit-locking.html */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
export type LockMode = (typeof lockModes)[number];

/** What the statements of a step do, one by one: an ALTER TABLE with three actions is three operations. */
export type Operation = { readonly at: number } & OperationBody;

export type OperationBody =
  | CreateTable
  | OnColumn
  | OnConstraint
  | OnIndex
  | OnRows
  | OnTable
  | OnPartition
  | OnType
  | OnView
  | OnOther;

export interface TypeName {
  /** PostgreSQL's own name: int4, not integer. */
  readonly name: string;
  readonly schema: string | undefined;
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly notNull: boolean;
  readonly default: Node | undefined;
  readonly generated: 'stored' | 'virtual' | undefined;
  readonly identity: boolean;
  /** Written with the column: unique, primary key, check, foreign key. */
  readonly constraints: readonly ConstraintDefinition[];
}

export interface ConstraintDefinition {
  readonly kind: 'check' | 'foreign_key' | 'unique' | 'primary_key' | 'exclude' | 'not_null';
  readonly name: string;
  readonly columns: readonly string[];
  readonly notValid: boolean;
  /** False: NOT ENFORCED. */
  readonly enforced: boolean;
  readonly usingIndex: string | undefined;
  readonly references: QualifiedName | undefined;
  /** Columns of which a check says that they are not null. */
  readonly provesNotNull: readonly string[];
  readonly withoutOverlaps: boolean;
}

export interface CreateTable {
  readonly kind: 'create_table';
  readonly table: QualifiedName;
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly ConstraintDefinition[];
  readonly partitionOf: QualifiedName | undefined;
  readonly isDefaultPartition: boolean;
  readonly isPartitioned: boolean;
  readonly isTemporary: boolean;
  readonly ifNotExists: boolean;
}

export type OnColumn =
  | {
      readonly kind: 'add_column';
      readonly table: QualifiedName;
      readonly column: ColumnDefinition;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: 'drop_column';
      readonly table: QualifiedName;
      readonly column: string;
      readonly cascade: boolean;
    }
  | {
      readonly kind: 'alter_type';
      readonly table: QualifiedName;
      readonly column: string;
      readonly type: TypeName;
      /** Whether USING does more than to name the column. */
      readonly converts: boolean;
      /** COLLATE is said: an index over the column may have another order. */
      readonly collates: boolean;
    }
  | {
      readonly kind:
        | 'set_not_null'
        | 'drop_not_null'
        | 'set_default'
        | 'set_expression'
        | 'drop_expression'
        | 'add_identity'
        | 'drop_identity';
      readonly table: QualifiedName;
      readonly column: string;
    }
  | {
      readonly kind: 'rename_column';
      readonly table: QualifiedName;
      readonly column: string;
      readonly to: string;
      readonly on: 'table' | 'view' | 'type';
    };

export type OnConstraint =
  | { readonly kind: 'add_constraint'; readonly table: QualifiedName; readonly constraint: ConstraintDefinition }
  | {
      readonly kind: 'drop_constraint';
      readonly table: QualifiedName;
      readonly name: string;
      readonly cascade: boolean;
    }
  | { readonly kind: 'validate_constraint'; readonly table: QualifiedName; readonly name: string }
  | {
      readonly kind: 'alter_constraint';
      readonly table: QualifiedName;
      readonly name: string;
      /** Undefined: only deferrability or inheritance changes. */
      readonly enforced: boolean | undefined;
    }
  | { readonly kind: 'rename_constraint'; readonly table: QualifiedName; readonly name: string; readonly to: string };

export type OnIndex =
  | {
      readonly kind: 'create_index';
      readonly table: QualifiedName;
      readonly name: string;
      readonly columns: readonly string[];
      readonly unique: boolean;
      readonly concurrent: boolean;
      readonly only: boolean;
      readonly ifNotExists: boolean;
      readonly isPartial: boolean;
      readonly hasExpressions: boolean;
    }
  | { readonly kind: 'drop_index'; readonly index: QualifiedName; readonly concurrent: boolean }
  | {
      readonly kind: 'reindex';
      readonly what: 'index' | 'table' | 'schema' | 'database' | 'system';
      readonly name: QualifiedName | undefined;
      readonly concurrent: boolean;
    }
  | { readonly kind: 'attach_index'; readonly index: QualifiedName; readonly child: QualifiedName }
  | { readonly kind: 'rename_index'; readonly index: QualifiedName; readonly to: string };

export type OnRows =
  | {
      readonly kind: 'update' | 'delete' | 'merge';
      readonly table: QualifiedName;
      readonly bound: RowBound;
      readonly usesBatchKeys: boolean;
      /** Assigned more than once. */
      readonly duplicates: readonly string[];
    }
  | {
      readonly kind: 'insert';
      readonly table: QualifiedName;
      /** From a query over tables, not from values. */
      readonly fromTables: boolean;
      readonly usesBatchKeys: boolean;
    }
  | { readonly kind: 'truncate'; readonly table: QualifiedName; readonly cascade: boolean }
  | { readonly kind: 'copy_in'; readonly table: QualifiedName }
  /** `soft_drop_column('t', 'c', …)` and `soft_drop_table('t', …)` of the engine; no column: the table. */
  | { readonly kind: 'soft_drop'; readonly table: QualifiedName; readonly column: string | undefined }
  /** `take_back_column('t', 'c', …)`: the column may be there afterwards, or not. */
  | { readonly kind: 'take_back'; readonly table: QualifiedName; readonly column: string | undefined }
  | { readonly kind: 'select'; readonly calls: readonly QualifiedName[]; readonly locksRows: boolean };

/** What limits the rows: nothing, constants that name them, or a condition that any number may meet. */
export type RowBound = 'none' | 'constants' | 'condition';

export type OnTable =
  | {
      readonly kind: 'drop_table';
      readonly table: QualifiedName;
      readonly cascade: boolean;
    }
  | { readonly kind: 'rename_table'; readonly table: QualifiedName; readonly to: string }
  | { readonly kind: 'set_schema'; readonly table: QualifiedName; readonly to: string }
  | {
      readonly kind: 'rewrite_table';
      readonly table: QualifiedName;
      readonly how: 'SET LOGGED' | 'SET UNLOGGED' | 'SET TABLESPACE' | 'SET ACCESS METHOD' | 'VACUUM FULL' | 'CLUSTER';
    }
  /** Actions that hold a lock for an instant: owner, storage parameters, replica identity, statistics and the like. */
  | {
      readonly kind: 'set_table_option';
      readonly table: QualifiedName;
      readonly lock: LockMode;
    }
  | { readonly kind: 'lock_table'; readonly table: QualifiedName; readonly lock: LockMode }
  | { readonly kind: 'switch_trigger'; readonly table: QualifiedName; readonly enabled: boolean }
  | {
      readonly kind: 'row_security';
      readonly table: QualifiedName;
      readonly change: 'enable' | 'disable' | 'force' | 'no_force';
    }
  | { readonly kind: 'create_policy' | 'alter_policy' | 'drop_policy'; readonly table: QualifiedName }
  | {
      readonly kind: 'create_trigger';
      readonly table: QualifiedName;
      readonly name: string;
    }
  | { readonly kind: 'drop_trigger' | 'create_rule' | 'drop_rule'; readonly table: QualifiedName };

export type OnPartition =
  | {
      readonly kind: 'attach_partition';
      readonly table: QualifiedName;
      readonly child: QualifiedName;
      readonly isDefault: boolean;
    }
  | {
      readonly kind: 'detach_partition';
      readonly table: QualifiedName;
      readonly child: QualifiedName;
      readonly concurrent: boolean;
      readonly finalize: boolean;
    };

export type OnType =
  | {
      readonly kind: 'create_type';
      readonly type: QualifiedName;
      readonly isEnum: boolean;
    }
  | {
      readonly kind: 'add_enum_value';
      readonly type: QualifiedName;
      readonly value: string;
      readonly placed: boolean;
    }
  | { readonly kind: 'rename_enum_value'; readonly type: QualifiedName; readonly value: string }
  | { readonly kind: 'create_domain'; readonly type: QualifiedName; readonly isConstrained: boolean }
  | {
      readonly kind: 'alter_domain';
      readonly type: QualifiedName;
      readonly change: 'add_constraint' | 'validate' | 'set_not_null' | 'other';
      readonly notValid: boolean;
    };

export type OnView =
  | {
      readonly kind: 'create_view';
      readonly view: QualifiedName;
      readonly replace: boolean;
      readonly isMaterialized: boolean;
    }
  | {
      readonly kind: 'refresh_view';
      readonly view: QualifiedName;
      readonly concurrent: boolean;
    }
  | { readonly kind: 'drop_view'; readonly view: QualifiedName; readonly cascade: boolean };

export type OnOther =
  | {
      readonly kind: 'create_function';
      readonly name: QualifiedName;
      readonly isVolatile: boolean;
      /** SECURITY DEFINER without a search_path of its own. */
      readonly isHijackable: boolean;
    }
  | {
      readonly kind: 'rename_object' | 'move_object';
      readonly what: string;
      readonly name: QualifiedName;
    }
  | {
      readonly kind: 'drop_object';
      readonly what: string;
      readonly name: QualifiedName;
      readonly cascade: boolean;
    }
  | { readonly kind: 'write_catalog'; readonly table: QualifiedName }
  | { readonly kind: 'set_setting'; readonly name: string }
  /** What cannot be looked into: EXECUTE in a block, another language, a call of a function that may do anything. */
  | { readonly kind: 'opaque'; readonly what: string }
  /** Syntax that an older server refuses. */
  | { readonly kind: 'needs_server'; readonly major: number; readonly what: string };

export type OperationKind = OperationBody['kind'];
export type OperationOf<Kind extends OperationKind> = NarrowTo<OperationBody, Kind> & { readonly at: number };

type NarrowTo<Body, Kind> = Body extends { readonly kind: infer Kinds }
  ? [Kind & Kinds] extends [never]
    ? never
    : Body & { readonly kind: Kind }
  : never;
