import { MigrationError, type MigrationFault } from '../errors.ts';
import { type PythonStatement, PythonSyntaxError, type PythonToken, scanPython } from './python-lexer.ts';

/** What a file says about its place in the graph, in Alembic's words. */
export interface PythonRevision {
  revision: string;
  downRevision: string[];
  branchLabels: string[];
  dependsOn: string[];
}

export type PythonFile = PythonRevision & {
  /** The first paragraph of its docstring. */
  message: string;
  /** Written by `alembic-stubs`: the SQL file is the revision, and this only its stand-in. */
  isStub: boolean;
};

export interface PythonSource {
  file: string;
  text: string;
  /** Said by hand, for what the file computes. */
  override?: Partial<PythonRevision> | undefined;
}

/** The variable by which a stub is known. */
export const stubMark = 'stanchion_file';

/** Reads the literals of a revision file of Alembic; runs nothing. Throws `bad_python_revision` with every fault. */
export function parsePythonRevision(source: PythonSource): PythonFile {
  const statements = scan(source);
  const faults: MigrationFault[] = [];
  const read = (name: string, key: keyof PythonRevision): string[] | undefined => {
    const said = source.override?.[key];
    if (said !== undefined) return typeof said === 'string' ? [said] : [...said];
    return readNames({ statements, source, faults }, name);
  };
  const [revision, ...others] = read('revision', 'revision') ?? [];
  if (faults.length === 0 && (revision === undefined || others.length > 0)) {
    const message = 'the file has no variable "revision" with one text';
    faults.push(
      faultOf(source, message, {
        hint: 'A file that is no revision does not belong into this folder; Alembic refuses it too.',
      }),
    );
  }
  const parsed = {
    revision: revision ?? '',
    downRevision: read('down_revision', 'downRevision') ?? [],
    branchLabels: read('branch_labels', 'branchLabels') ?? [],
    dependsOn: read('depends_on', 'dependsOn') ?? [],
  };
  if (faults.length > 0) throw new MigrationError(faults);
  return {
    ...parsed,
    message: messageOf(statements),
    isStub: statements.some((one) => targetsOf(one).includes(stubMark)),
  };
}

function scan(source: PythonSource): PythonStatement[] {
  try {
    return scanPython(source.text.replace(/^\uFEFF/, '')).filter((statement) => statement.isTopLevel);
  } catch (error) {
    if (!(error instanceof PythonSyntaxError)) throw error;
    throw new MigrationError(faultOf(source, error.message, { line: error.line }), { cause: error });
  }
}

interface ReadContext {
  statements: readonly PythonStatement[];
  source: PythonSource;
  faults: MigrationFault[];
}

/** Undefined: the module does not assign it. The last assignment counts, as in Python. */
function readNames(context: ReadContext, name: string): string[] | undefined {
  const statement = context.statements.findLast((one) => targetsOf(one).includes(name));
  if (!statement) return undefined;
  const equals = statement.tokens.findLastIndex((token) => isSymbol(token, '='));
  const value = isPlain(statement, name) ? parseNames(statement.tokens.slice(equals + 1)) : undefined;
  if (value) return value;
  const [first] = statement.tokens;
  const hint = `Write a literal (a text, a tuple or list of texts, or None), or say it in alembic.json: {"revisions": {"${context.source.file}": {"${name}": …}}}.`;
  const place = first ? { line: first.line, column: first.column } : {};
  context.faults.push(
    faultOf(context.source, `"${name}" is computed here, and this reads files without running them`, {
      ...place,
      hint,
    }),
  );
  return undefined;
}

/** The names that a statement gives a value to, whether or not it does so in a way that can be read. */
function targetsOf({ tokens }: PythonStatement): string[] {
  const [first, second] = tokens;
  const equals = tokens.findLastIndex((token, at) => isAssignment(tokens, at) && token.text === '=');
  if (equals === -1 || first?.kind !== 'name') return [];
  if (isSymbol(second, ':')) return [first.text ?? ''];
  return tokens
    .slice(0, equals)
    .flatMap((token) => (token.kind === 'name' && token.text !== undefined ? [token.text] : []));
}

/** `=` at the outermost level, which is no comparison and no keyword argument. */
function isAssignment(tokens: readonly PythonToken[], at: number): boolean {
  if (!isSymbol(tokens[at], '=') || isSymbol(tokens[at - 1], '=') || isSymbol(tokens[at + 1], '=')) return false;
  if (isSymbol(tokens[at - 1], '!') || isSymbol(tokens[at - 1], '<') || isSymbol(tokens[at - 1], '>')) return false;
  const before = tokens.slice(0, at);
  const opened = before.filter((token) => token.kind === 'symbol' && '([{'.includes(token.text ?? '')).length;
  const closed = before.filter((token) => token.kind === 'symbol' && ')]}'.includes(token.text ?? '')).length;
  return opened === closed;
}

/** `name = …`, `name: annotation = …` or `other = name = …`. */
function isPlain({ tokens }: PythonStatement, name: string): boolean {
  if (tokens[0]?.text === name && isSymbol(tokens[1], ':')) return true;
  const equals = tokens.findLastIndex((token) => isSymbol(token, '='));
  return tokens
    .slice(0, equals + 1)
    .every((token, at) => (at % 2 === 0 ? token.kind === 'name' : isSymbol(token, '=')));
}

/** Undefined: no literal. None is no name, a text is one, a tuple, list or set has several. */
function parseNames(tokens: readonly PythonToken[]): string[] | undefined {
  const [first] = tokens;
  const last = tokens.at(-1);
  if (!first || !last) return undefined;
  if (tokens.length === 1 && first.kind === 'name' && first.text === 'None') return [];
  const pairs: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
  const closing = first.kind === 'symbol' ? pairs[first.text ?? ''] : undefined;
  if (closing !== undefined) return isSymbol(last, closing) ? parseItems(tokens.slice(1, -1)) : undefined;
  return parseItems(tokens);
}

function parseItems(tokens: readonly PythonToken[]): string[] | undefined {
  const items: string[] = [];
  let current: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'string' && token.text !== undefined) current = (current ?? '') + token.text;
    else if (isSymbol(token, ',') && current !== undefined) {
      items.push(current);
      current = undefined;
    } else return undefined;
  }
  return current === undefined ? items : [...items, current];
}

function messageOf(statements: readonly PythonStatement[]): string {
  const tokens = statements[0]?.tokens ?? [];
  if (tokens.length === 0 || tokens.some((token) => token.kind !== 'string')) return '';
  const text = tokens.map((token) => token.text ?? '').join('');
  const [paragraph = ''] = text.trim().split(/\n\s*\n/);
  return paragraph.replaceAll(/\s+/g, ' ').trim();
}

function isSymbol(token: PythonToken | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}

function faultOf(source: PythonSource, message: string, more: Partial<MigrationFault> = {}): MigrationFault {
  return { code: 'bad_python_revision', message, file: source.file, ...more };
}
