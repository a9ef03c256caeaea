import { nullableColumns } from '../effects.ts';
import type { LintRule } from '../rule.ts';
import { findConstraint, findTable, keyOf } from '../schema-state.ts';
import { quoted } from './words.ts';

const validated = 'VALIDATE CONSTRAINT in a later step reads beside readers and writers (SHARE UPDATE EXCLUSIVE).';

export const constraintRules: readonly LintRule[] = [
  {
    id: 'ST030',
    name: 'check-without-not-valid',
    severity: 'error',
    problem: 'A CHECK is compared with every row while everybody waits.',
    lock: 'ACCESS EXCLUSIVE during a scan',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: `Add it NOT VALID. ${validated}`,
    example:
      'ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_total;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
    known: ['s:constraint-missing-not-valid', 'r:add_check_constraint'],
    checks: {
      add_constraint: ({ table, constraint }, { isNew }) =>
        constraint.kind === 'check' && !constraint.notValid && constraint.enforced && !isNew(table)
          ? `CHECK "${constraint.name}" reads all of ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST031',
    name: 'foreign-key-without-not-valid',
    severity: 'error',
    problem: 'A foreign key is compared with every row while the writers of both tables wait.',
    lock: 'SHARE ROW EXCLUSIVE on both tables during a scan',
    blocks: 'writes to both tables',
    growsWithRows: true,
    safe: `Add it NOT VALID. ${validated}`,
    example:
      'ALTER TABLE orders ADD CONSTRAINT orders_shop FOREIGN KEY (shop_id) REFERENCES shops NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_shop;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT',
    known: ['s:adding-foreign-key-constraint', 's:constraint-missing-not-valid', 'r:add_foreign_key'],
    checks: {
      add_constraint: ({ table, constraint }, { isNew }) =>
        constraint.kind === 'foreign_key' && !constraint.notValid && constraint.enforced && !isNew(table)
          ? `foreign key "${constraint.name}" reads all of ${quoted(table)} while writers of both tables wait`
          : undefined,
    },
  },
  {
    id: 'ST032',
    name: 'not-valid-key-on-partitioned-table',
    severity: 'error',
    problem: 'Before PostgreSQL 18 a partitioned table takes no foreign key NOT VALID.',
    lock: 'none: it fails',
    blocks: 'the deployment',
    safe: 'Add it NOT VALID to each partition and VALIDATE there; then to the parent, which takes them over.',
    example:
      'ALTER TABLE events_2026 ADD CONSTRAINT events_2026_shop FOREIGN KEY (shop_id) REFERENCES shops NOT VALID;',
    page: 'release-18.html',
    checks: {
      add_constraint: ({ table, constraint }, { state, serverMajor }) =>
        constraint.kind === 'foreign_key' &&
        constraint.notValid &&
        serverMajor < 18 &&
        findTable(state, table)?.isPartitioned
          ? `${quoted(table)} is partitioned: PostgreSQL ${serverMajor} refuses NOT VALID there`
          : undefined,
    },
  },
  {
    id: 'ST034',
    name: 'drop-foreign-key',
    severity: 'warning',
    problem:
      'Dropping a foreign key locks both tables against everybody at once: a deadlock with who locks them the other way round.',
    lock: 'ACCESS EXCLUSIVE on both tables, for an instant',
    blocks: 'reads and writes of both tables',
    safe: 'Give it a step of its own, before whatever else the revision does. The runner keeps the wait short.',
    example:
      '-- stanchion:step drop_key mode=tx accept="ST034: both tables for an instant, alone in its step"\nALTER TABLE orders DROP CONSTRAINT orders_shop;',
    page: 'explicit-locking.html#LOCKING-DEADLOCKS',
    checks: {
      drop_constraint: ({ table, name }, { state, isNew }) => {
        const known = findConstraint(state, table, name);
        const isKey = known ? known.kind === 'foreign_key' : /(?:^fk_|_fk(?:ey)?\d*$)/i.test(name);
        if (!isKey || isNew(table) || (known?.references && keyOf(state, known.references) === keyOf(state, table)))
          return undefined;
        const parent = known?.references ? quoted(known.references) : 'the table that it refers to';
        return `dropping "${name}" locks ${quoted(table)} and ${parent} against everybody`;
      },
    },
  },
  {
    id: 'ST035',
    name: 'create-table-with-foreign-key',
    severity: 'warning',
    problem:
      'A new table that refers to one in use stops the writers of that one for as long as its own statement and step last.',
    lock: 'SHARE ROW EXCLUSIVE on the table that it refers to',
    blocks: 'writes to the other table',
    safe: 'Create the table without it; add the foreign key NOT VALID in a step of its own.',
    example:
      'CREATE TABLE notes (id bigint PRIMARY KEY, order_id bigint);\n-- stanchion:step key mode=tx\n' +
      'ALTER TABLE notes ADD CONSTRAINT notes_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID;',
    page: 'ddl-constraints.html#DDL-CONSTRAINTS-FK',
    checks: {
      create_table: (operation, { isNew }) => {
        const all = [...operation.constraints, ...operation.columns.flatMap((column) => column.constraints)];
        const parents = all.flatMap((one) => (one.references ? [one.references] : []));
        const used = parents.filter((one) => !isNew(one) && one.name !== operation.table.name).map(quoted);
        return used.length === 0 ? undefined : `the foreign key stops writers of ${[...new Set(used)].join(', ')}`;
      },
      add_constraint: ({ table, constraint }, { isNew }) => {
        const parent = constraint.references;
        if (!parent || constraint.notValid || !isNew(table) || isNew(parent)) return undefined;
        return `the foreign key stops writers of ${quoted(parent)}; NOT VALID on the empty table does it in an instant`;
      },
    },
  },
  {
    id: 'ST036',
    name: 'alter-foreign-key',
    severity: 'error',
    problem:
      'Changing whether a constraint is ENFORCED locks both tables against everybody, and enforcing reads every row.',
    lock: 'ACCESS EXCLUSIVE on both tables',
    blocks: 'reads and writes of both tables',
    growsWithRows: true,
    safe: 'Add a second foreign key NOT VALID, VALIDATE it in a later step, and drop the first one.',
    example: 'ALTER TABLE orders ADD CONSTRAINT orders_shop_2 FOREIGN KEY (shop_id) REFERENCES shops NOT VALID;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ALTER-CONSTRAINT',
    checks: {
      alter_constraint: ({ table, name, enforced }, { isNew }) => {
        if (isNew(table)) return undefined;
        if (enforced === undefined) return undefined;
        return `constraint "${name}" of ${quoted(table)} ${enforced ? 'is compared with every row' : 'is switched off'} under a lock on both tables`;
      },
    },
  },
  {
    id: 'ST037',
    name: 'unique-without-index',
    severity: 'error',
    problem: 'UNIQUE builds its index while everybody waits.',
    lock: 'ACCESS EXCLUSIVE for the whole build',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'Build a unique index CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX.',
    example:
      '-- stanchion:step build mode=notx\nCREATE UNIQUE INDEX CONCURRENTLY orders_ref_key ON orders (ref);\n' +
      '-- stanchion:step constraint mode=tx\nALTER TABLE orders ADD CONSTRAINT orders_ref_key UNIQUE USING INDEX orders_ref_key;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
    known: ['s:disallowed-unique-constraint', 'r:add_unique_constraint'],
    checks: {
      add_constraint: ({ table, constraint }, { isNew }) =>
        constraint.kind === 'unique' && constraint.usingIndex === undefined && !isNew(table)
          ? `the index of "${constraint.name}" is built while everybody waits for ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST038',
    name: 'primary-key-without-index',
    severity: 'error',
    problem: 'PRIMARY KEY builds its index, or reads the table for nulls, while everybody waits.',
    lock: 'ACCESS EXCLUSIVE for the build or the scan',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'Set the columns NOT NULL by the ladder of ST018, build a unique index CONCURRENTLY, then PRIMARY KEY USING INDEX.',
    example:
      '-- stanchion:step build mode=notx\nCREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (id);\n' +
      '-- stanchion:step key mode=tx\nALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
    checks: {
      add_constraint: ({ table, constraint }, { isNew, state }) => {
        if (constraint.kind !== 'primary_key' || isNew(table)) return undefined;
        const { usingIndex } = constraint;
        if (usingIndex === undefined)
          return `the index of "${constraint.name}" is built while everybody waits for ${quoted(table)}`;
        const nullable = nullableColumns(state, table, usingIndex);
        if (nullable.length === 0) return undefined;
        return `"${nullable.join('", "')}" may be null: all of ${quoted(table)} is read to see that none is`;
      },
    },
  },
  {
    id: 'ST039',
    name: 'add-exclusion-constraint',
    severity: 'error',
    problem: 'EXCLUDE builds its index while everybody waits, and has no online form.',
    lock: 'ACCESS EXCLUSIVE for the whole build',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: 'A new table that has it from the start, filled in batches and switched to.',
    example: 'CREATE TABLE bookings_2 (room int, during tstzrange, EXCLUDE USING gist (room WITH =, during WITH &&));',
    page: 'ddl-constraints.html#DDL-CONSTRAINTS-EXCLUSION',
    known: ['r:add_exclusion_constraint'],
    checks: {
      add_constraint: ({ table, constraint }, { isNew }) =>
        constraint.kind === 'exclude' && !isNew(table)
          ? `the index of "${constraint.name}" is built while everybody waits for ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST040',
    name: 'drop-key',
    severity: 'warning',
    problem:
      'A unique or primary key goes with its index: queries slow down at once, duplicates get in, and building it again takes long.',
    lock: 'ACCESS EXCLUSIVE for an instant',
    blocks: 'queries that used the index',
    safe: 'Build what replaces it first. Say in the waiver why nothing needs it any more.',
    example:
      '-- stanchion:step drop mode=tx accept="ST040: orders_ref_2 has taken over"\nALTER TABLE orders DROP CONSTRAINT orders_ref_key;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT',
    checks: {
      drop_constraint: ({ table, name }, { state, isNew, section }) => {
        const constraint = findConstraint(state, table, name);
        const known = constraint?.kind;
        // A down takes back what its up brought: code from before it does without.
        const isOwn = constraint?.madeIn === section.replace(/:down$/, ':up');
        if (isNew(table) || isOwn) return undefined;
        if (
          known === 'unique' ||
          known === 'primary_key' ||
          known === 'exclude' ||
          (!known && /(?:_key|_uq|_uk|_unique|_pkey|_pk|_excl)\d*$|^(?:uq|uk|pk)_/i.test(name))
        )
          return `"${name}" goes with its index`;
        const isOther =
          known !== undefined || /(?:_check|_chk|_ck|_nn|_not_?null|_fk(?:ey)?)\d*$|^(?:ck|fk|chk)_/i.test(name);
        return isOther ? undefined : `what "${name}" is cannot be told from the revisions: a key takes its index along`;
      },
    },
  },
  {
    id: 'ST041',
    name: 'not-null-constraint-without-not-valid',
    severity: 'error',
    problem: 'NOT NULL is compared with every row while everybody waits.',
    lock: 'ACCESS EXCLUSIVE during a scan',
    blocks: 'reads and writes',
    growsWithRows: true,
    safe: `Add it NOT VALID (PostgreSQL 18). ${validated}`,
    example:
      'ALTER TABLE orders ADD CONSTRAINT orders_ref_nn NOT NULL ref NOT VALID;\n' +
      '-- stanchion:step check mode=tx\nALTER TABLE orders VALIDATE CONSTRAINT orders_ref_nn;',
    page: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT',
    known: ['s:constraint-missing-not-valid'],
    checks: {
      add_constraint: ({ table, constraint }, { isNew }) =>
        constraint.kind === 'not_null' && !constraint.notValid && !isNew(table)
          ? `NOT NULL "${constraint.name}" reads all of ${quoted(table)}`
          : undefined,
    },
  },
  {
    id: 'ST042',
    name: 'domain-rule-without-not-valid',
    severity: 'error',
    problem: 'A new rule of a domain is compared with every row of every table that uses it, while their writers wait.',
    lock: 'SHARE on every table that uses the domain, during a scan',
    blocks: 'writes to all of them',
    growsWithRows: true,
    safe: 'Add the CHECK NOT VALID, which locks no table, and VALIDATE it in a later step. For NOT NULL: a CHECK on the columns.',
    example: "ALTER DOMAIN mail ADD CONSTRAINT mail_at CHECK (VALUE LIKE '%@%') NOT VALID;",
    page: 'sql-alterdomain.html',
    known: ['s:ban-alter-domain-with-add-constraint'],
    checks: {
      alter_domain: ({ type, change, notValid }) => {
        if (change === 'set_not_null') return `every table with a column of ${quoted(type)} is read for nulls`;
        return change === 'add_constraint' && !notValid
          ? `every table with a column of ${quoted(type)} is read`
          : undefined;
      },
    },
  },
  {
    id: 'ST043',
    name: 'create-domain-with-rule',
    severity: 'notice',
    problem: 'A domain with rules makes every ADD COLUMN of it a table rewrite, and its rules hard to change.',
    lock: 'none now; a rewrite when a column of it is added to a table with rows',
    blocks: 'nothing yet',
    isTaste: true,
    safe: 'A plain type, with a CHECK on each table.',
    example: "ALTER TABLE orders ADD CONSTRAINT orders_mail CHECK (mail LIKE '%@%') NOT VALID;",
    page: 'sql-createdomain.html',
    known: ['s:ban-create-domain-with-constraint'],
    checks: {
      create_domain: ({ type, isConstrained }) =>
        isConstrained ? `${quoted(type)} is a domain with rules` : undefined,
    },
  },
];
