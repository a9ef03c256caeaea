import { type FieldDef, types } from 'pg';
import { getTypeParser } from './values.ts';

/** Makes a row of the texts that the server sends; null is null. */
export type RowReader = (texts: readonly (string | null)[]) => unknown;

type Field = Pick<FieldDef, 'name' | 'dataTypeID'>;

/** Results of the same columns have one reader: every connection gets each statement described, behind a pooler each time. */
const made = new Map<string, RowReader>();
/** More than an application has queries. */
const maxMade = 2000;

/**
 * The reader of a result with these columns, as one object literal by code that is written for them: objects of one shape, made
 * and read several times faster than by a loop over names (docs/adr/0021-our-own-statements.md). A loop, where code may not be
 * made of text (`--disallow-code-generation-from-strings`).
 */
export function rowReader(fields: readonly Field[]): RowReader {
  let key = '';
  for (const { name, dataTypeID } of fields) key += `${dataTypeID} ${name}\0`;
  const known = made.get(key);
  if (known) return known;
  const columns = fields.map(({ name, dataTypeID }) => ({ name, parse: getTypeParser(dataTypeID) }));
  const reader = writtenReader(columns) ?? loopingReader(columns);
  if (made.size >= maxMade) made.clear();
  made.set(key, reader);
  return reader;
}

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

function writtenReader(columns: readonly Column[]): RowReader | undefined {
  // In a literal it would name no member.
  if (columns.some(({ name }) => name === '__proto__')) return undefined;
  const asText = getTypeParser(types.builtins.TEXT);
  const members = columns.map(({ name, parse }, at) => {
    const value = parse === asText ? `t[${at}]` : `t[${at}] === null ? null : parse${at}(t[${at}])`;
    return `${JSON.stringify(name)}: ${value}`;
  });
  const parameters = columns.map((_, at) => `parse${at}`);
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- names of columns, as string literals, are all it is made of
    const make = new Function(...parameters, `return (t) => ({ ${members.join(', ')} });`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written in the line above
    return make(...columns.map(({ parse }) => parse)) as RowReader;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

function loopingReader(columns: readonly Column[]): RowReader {
  return (texts) =>
    Object.fromEntries(
      columns.map(({ name, parse }, at) => {
        const text = texts[at] ?? null;
        return [name, text === null ? null : parse(text)];
      }),
    );
}
