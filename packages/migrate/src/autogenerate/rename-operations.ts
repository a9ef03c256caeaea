import { quoteName, quoteText } from '../sql-names.ts';
import { words } from './operations/names.ts';
import type { Operation } from './operations/operation.ts';
import type { Renames } from './renames.ts';

/** The renames alone, for a shadow. */
export function renameStatements({ tables, labels }: Pick<Renames, 'tables' | 'labels'>): string[] {
  return [
    ...tables.map(({ from, to }) => `ALTER TABLE ${from.sql} RENAME TO ${quoteName(to)};`),
    ...labels.map(({ typeSql, from, to }) => renameLabelSql(typeSql, from, to)),
  ];
}

/**
 * Tables and labels under another name. A renamed table answers
 * to its old name until the contract revision, by a view that the old version can read and write.
 */
export function renameOperations({ tables, labels }: Pick<Renames, 'tables' | 'labels'>): Operation[] {
  return [...tables.flatMap((one) => renameTable(one)), ...labels.map((one) => renameLabel(one))];
}

function renameTable({ from, to, columns }: Renames['tables'][number]): Operation[] {
  const prefix = from.sql.includes('.') ? from.sql.slice(0, from.sql.lastIndexOf('.') + 1) : '';
  const target = `${prefix}${quoteName(to)}`;
  const own = quoteName(from.name);
  // By name: when a downgrade makes it again, the table has columns beside that go later.
  const alias = `CREATE VIEW ${prefix}${own} WITH (security_invoker = true) AS SELECT ${columns.join(', ')} FROM ${target};
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee
      FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.oid = ${quoteText(target)}::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  LOOP
    EXECUTE format('GRANT %s ON ${prefix.replaceAll("'", "''")}${own.replaceAll("'", "''")} TO %s', held.privilege_type, held.grantee);
  END LOOP;
END
$$;`;
  const name = words(from.name);
  return [
    {
      ...{
        phase: 'expand',
        stage: 'make',
        keys: [`table ${from.schema}.${to}`],
        what: `${from.sql} is called ${to}, and answers to both names`,
      },
      up: [
        {
          name: `rename_${name}`,
          sql: `ALTER TABLE ${prefix}${own} RENAME TO ${quoteName(to)};\n${alias}`,
          note: 'ACCESS EXCLUSIVE for an instant. The view takes the reads and writes of the old version.',
        },
      ],
      down: [
        {
          name: `rename_${name}`,
          sql: `DROP VIEW ${prefix}${own};\nALTER TABLE ${target} RENAME TO ${own};`,
          accept: [
            'ST052: the old version asks for the old name',
            'ST090: the view is nothing but a name of the table',
          ],
        },
      ],
    },
    {
      ...{ phase: 'contract', stage: 'drop', keys: [], what: `the old name of ${to} goes` },
      up: [
        {
          name: `forget_${name}`,
          sql: `DROP VIEW ${prefix}${own};`,
          note: 'When nothing that runs uses the old name.',
        },
      ],
      down: [{ name: `alias_${name}`, sql: alias }],
    },
  ];
}

function renameLabel({ typeSql, from, to }: Renames['labels'][number]): Operation {
  return {
    ...{ phase: 'contract', stage: 'make', keys: [], what: `label ${from} of ${typeSql} is called ${to}` },
    up: [
      {
        name: `label_${words(to)}`,
        sql: renameLabelSql(typeSql, from, to),
        note: 'Locks no table. The old version does not know the new label: deploy code that reads both first.',
      },
    ],
    down: [{ name: `label_${words(from)}`, sql: renameLabelSql(typeSql, to, from) }],
  };
}

function renameLabelSql(typeSql: string, from: string, to: string): string {
  return `ALTER TYPE ${typeSql} RENAME VALUE ${quoteText(from)} TO ${quoteText(to)};`;
}
