import type { MigrationFault } from './errors.ts';
import type { Directive } from './parse-directives.ts';
import type { Phase, Revision } from './revision.ts';

export type Header = Pick<Revision, 'id' | 'parents' | 'labels' | 'dependsOn' | 'phase' | 'summary' | 'adoptTables'>;

const known = ['revision', 'down_revision', 'labels', 'depends_on', 'phase', 'summary', 'adopt_when'] as const;
type HeaderName = (typeof known)[number];

const phases: readonly Phase[] = ['baseline', 'expand', 'backfill', 'contract'];
const revisionId = { form: /^[0-9a-f]{12}$/, what: 'a revision: 12 hexadecimal digits, lower case' };
// A parent may be a revision of Python's Alembic, whose ids are what their authors wrote; that it exists is checked in the graph.
const parentId = { form: /^[A-Za-z0-9_.]{1,64}$/, what: 'a revision' };
/** A label: no name that a target means something else by. */
export const labelForm = /^(?!(?:heads?|base)$)[A-Za-z_][\w-]{0,62}$/;

const labelName = { form: labelForm, what: 'a label' };
const dependencyName = { form: /^(?:[A-Za-z0-9_.]{1,64}|[A-Za-z_][\w-]{0,62})$/, what: 'a revision or a label' };

/** What stands before `-- stanchion:up`. Reports every fault of the header, not the first. */
export function parseHeader(directives: readonly Directive[], faults: MigrationFault[], file: string): Header {
  const context: HeaderContext = { values: new Map(), faults, file };
  for (const directive of directives) addDirective(context, directive);
  const header: Header = {
    id: parseId(context),
    parents: parseList(context, 'down_revision', parentId),
    labels: parseList(context, 'labels', labelName),
    dependsOn: parseList(context, 'depends_on', dependencyName),
    phase: parsePhase(context),
    summary: findRequired(context, 'summary')?.value ?? '',
    adoptTables: parseTables(context),
  };
  const adopt = context.values.get('adopt_when');
  if (adopt && (header.phase !== 'baseline' || header.parents.length > 0)) {
    fail(context, adopt, 'only a baseline without parents can be recorded instead of run');
  }
  findRequired(context, 'down_revision');
  return header;
}

interface HeaderContext {
  values: Map<HeaderName, Directive>;
  faults: MigrationFault[];
  file: string;
}

function addDirective(context: HeaderContext, directive: Directive): void {
  const name = known.find((one) => one === directive.name);
  if (!name) fail(context, directive, `unknown header "stanchion:${directive.name}"; known are ${known.join(', ')}`);
  else if (context.values.has(name)) fail(context, directive, `header "${name}" stands here twice`);
  else context.values.set(name, directive);
}

function parseId(context: HeaderContext): string {
  const directive = findRequired(context, 'revision');
  const id = directive?.value ?? '';
  if (directive && id !== '' && !revisionId.form.test(id))
    fail(context, directive, `"${id}" is not ${revisionId.what}`);
  return id;
}

function parseList(context: HeaderContext, name: HeaderName, item: { form: RegExp; what: string }): string[] {
  const directive = context.values.get(name);
  if (!directive || directive.value === '') return [];
  const inner = /^\[(.*)\]$/.exec(directive.value)?.[1];
  if (inner === undefined) {
    fail(context, directive, `"${name}" is a list: [] or [a, b]`);
    return [];
  }
  if (inner.trim() === '') return [];
  const items = inner.split(',').map((one) => one.trim());
  for (const one of items) if (!item.form.test(one)) fail(context, directive, `"${one}" is not ${item.what}`);
  if (new Set(items).size < items.length) fail(context, directive, `"${name}" names something twice`);
  return items;
}

function parsePhase(context: HeaderContext): Phase {
  const directive = findRequired(context, 'phase');
  const phase = phases.find((one) => one === directive?.value);
  if (directive && directive.value !== '' && !phase) fail(context, directive, `phase is one of ${phases.join(', ')}`);
  return phase ?? 'expand';
}

function parseTables(context: HeaderContext): string[] {
  const directive = context.values.get('adopt_when');
  if (!directive) return [];
  return directive.value.split(/\s+/).flatMap((part) => {
    const name = /^table=([^\s.=]+)$/.exec(part)?.[1];
    if (name !== undefined) return [name];
    fail(context, directive, `adopt_when is a list of table=<name>, without a schema; found "${part}"`);
    return [];
  });
}

function findRequired(context: HeaderContext, name: HeaderName): Directive | undefined {
  const directive = context.values.get(name);
  if (directive?.value === '') fail(context, directive, `header "${name}" is empty`);
  if (!directive) {
    const message = `header "stanchion:${name}" is missing`;
    context.faults.push({ code: 'bad_header', message, file: context.file, line: 1 });
  }
  return directive;
}

function fail(context: HeaderContext, directive: Directive, message: string): void {
  context.faults.push({ code: 'bad_header', message, file: context.file, line: directive.line });
}
