import type { Field } from './model.ts';
import { isJsonObject } from './object.ts';
import type { PlainReader } from './plain.ts';
import { asIs } from './run.ts';

/**
 * Reads an object by code that is written for these fields: one object literal, and no key looked up by a variable. Other
 * keys are passed over. Undefined where code may not be made of text (`--disallow-code-generation-from-strings`), and
 * where a literal cannot say the value: everything is the check's then.
 */
export function plainModelReader(fields: readonly Field[]): PlainReader | undefined {
  // An absent field without a default leaves no member behind.
  if (fields.some((field) => !field.required && field.makeDefault() === undefined)) return undefined;
  const source = [
    'return (input) => {',
    'if (!isJsonObject(input)) return undefined;',
    ...fields.map(statementsOf),
    `return { ${fields.map(({ name }, at) => `${JSON.stringify(name)}: v${at}`).join(', ')} };`,
    '};',
  ];
  try {
    // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-type-assertion -- names of fields, as string literals, are all it is made of; what it returns is written above
    return new Function('isJsonObject', 'fields', source.join('\n'))(isJsonObject, fields) as PlainReader;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** Gives `v<at>` the typed value of a field, or leaves the function. */
function statementsOf({ name, required, takes, readPlain }: Field, at: number): string {
  const value = `v${at}`;
  const taken = [
    (takes & asIs.text) === 0 ? [] : [`typeof ${value} === 'string'`],
    (takes & asIs.boolean) === 0 ? [] : [`typeof ${value} === 'boolean'`],
    (takes & asIs.null) === 0 ? [] : [`${value} === null`],
  ].flat();
  const read = `${value} = fields[${at}].readPlain(${value}); if (${value} === undefined) return undefined;`;
  return [
    `let ${value} = input[${JSON.stringify(name)}];`,
    `if (${value} === undefined) { ${required ? 'return undefined;' : `${value} = fields[${at}].makeDefault();`} }`,
    `else if (!(${['false', ...taken].join(' || ')})) { ${readPlain === undefined ? 'return undefined;' : read} }`,
  ].join('\n');
}
