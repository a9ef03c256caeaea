import type { RevisionGraph } from '../graph.ts';
import type { MeasuredStatement } from '../measure/report.ts';
import type { Direction, Revision, Step } from '../revision.ts';
import type { QualifiedName } from '../sql-statements.ts';
import { applyOperation } from './apply-operation.ts';
import { type Cost, costs, isAtLeast, predictEffects } from './effects.ts';
import { bySteps, isRefuted, type MeasuredSteps, measuredEffects, stepKey, unnamed } from './measured.ts';
import type { LockMode, Operation } from './operation.ts';
import { type ReadStep, readStep } from './read-step.ts';
import type { LintFinding, LintOptions, LintReport, WaivedFinding } from './report.ts';
import type { LintRule, RuleContext, StepItem } from './rule.ts';
import { checksByKind, findRule, lintRules, type OperationCheck } from './rule-table.ts';
import { emptyState, findTable, forkState, keyOf, type SchemaState } from './schema-state.ts';
import { loadSqlParser, placeIn, type SqlParser } from './syntax.ts';

/** PostgreSQL's major versions on which the rules were measured. What is newer than the last is read as the last. */
export const measuredServers = { oldest: 15, newest: 18 } as const;

/**
 * Reads the SQL of every revision, up and down, and says what would make others wait, break code that still runs, lose rows or
 * fail. Needs no database. The revisions before one tell what the schema is there; each down section is read from where its
 * own up section ends.
 */
export async function lintRevisions(graph: RevisionGraph, options: LintOptions = {}): Promise<LintReport> {
  return (await readGraph(graph, options)).report();
}

/** A lock that a step takes on a table which was there before its section. The strongest, and what it costs at worst. */
export interface StepLock {
  /** `schema.table`. */
  readonly table: string;
  readonly lock: LockMode;
  /** What happens under it: nothing but an instant, or work that grows with the rows. */
  readonly cost: Cost;
}

export interface PredictedLocks {
  readonly locks: readonly StepLock[];
  /** False: part of it is code, or composed when it runs, and may lock more. */
  readonly isComplete: boolean;
}

/** The locks of every step as its text promises them, by {@link stepKey}. Needs no database. */
export async function predictLocks(
  graph: RevisionGraph,
  options: Pick<LintOptions, 'serverVersion' | 'defaultSchema'>,
): Promise<ReadonlyMap<string, PredictedLocks>> {
  return (await readGraph(graph, options)).locks;
}

async function readGraph(graph: RevisionGraph, options: LintOptions): Promise<Lint> {
  const lint = new Lint(await loadSqlParser(), options);
  const state = emptyState(options.defaultSchema ?? 'public');
  for (const revision of graph.order) {
    lint.readSection(revision, 'up', state);
    if (revision.down) lint.readSection(revision, 'down', forkState(state));
  }
  return lint;
}

interface Section {
  readonly revision: Revision;
  readonly direction: Direction;
  readonly key: string;
  readonly state: SchemaState;
  /** All operations of the section, and how many of them are behind us. */
  readonly operations: readonly Operation[];
  passed: number;
}

interface Match {
  readonly rule: LintRule;
  readonly message: string;
  readonly at: number;
  readonly table?: QualifiedName | undefined;
}

class Lint {
  readonly locks = new Map<string, PredictedLocks>();
  private readonly findings: LintFinding[] = [];
  private readonly waived: WaivedFinding[] = [];
  private readonly revisions = new Set<string>();
  private readonly unread: string[] = [];
  private statements = 0;
  private readonly checks: ReadonlyMap<Operation['kind'], readonly OperationCheck[]> = checksByKind();
  private readonly stepRules = lintRules.filter((rule) => rule.checkStep);
  private readonly measured: MeasuredSteps;
  private readonly parser: SqlParser;
  private readonly options: LintOptions;
  private readonly serverMajor: number;

  constructor(parser: SqlParser, options: LintOptions) {
    this.parser = parser;
    this.options = options;
    this.measured = options.measured ? bySteps(options.measured) : new Map();
    const version = options.serverVersion ?? options.measured?.serverVersion ?? measuredServers.oldest;
    this.serverMajor = version >= 10_000 ? Math.trunc(version / 10_000) : version;
  }

  /** Leaves `state` as the section leaves the schema. */
  readSection(revision: Revision, direction: Direction, state: SchemaState): void {
    const steps = direction === 'up' ? revision.up : (revision.down ?? []);
    const read = steps.map((step) => readStep(this.parser, step));
    const operations = read.flatMap((one) => one.operations.map(({ operation }) => operation));
    const key = `${revision.id}:${direction}`;
    const section: Section = { revision, direction, key, state, operations, passed: 0 };
    for (const [index, step] of steps.entries()) this.readStep(section, step, read[index]);
    if (revision.executor !== 'alembic') this.revisions.add(revision.id);
    else if (direction === 'up' && this.options.only?.has(revision.id) !== false) this.unread.push(revision.id);
  }

  report(): LintReport {
    const findings = this.findings.toSorted(byPlace);
    const count = (severity: string): number => findings.filter((one) => one.severity === severity).length;
    return {
      serverVersion: this.serverMajor,
      revisions: this.revisions.size,
      statements: this.statements,
      unread: this.unread,
      findings,
      waived: this.waived.toSorted(byPlace),
      errors: count('error'),
      warnings: count('warning'),
      notices: count('notice'),
    };
  }

  private readStep(section: Section, step: Step, read: ReadStep | undefined): void {
    if (!read) return;
    const matches: Match[] = [];
    const items: StepItem[] = [];
    const predictedItems: StepItem[] = [];
    // Also what measuring refutes: a waiver is needed where nothing is measured.
    const named = new Set<string>();
    const measured = this.measured.get(stepKey(section.revision.id, section.direction, step.name)) ?? [];
    for (const { operation, statement, constants } of read.operations) {
      const context = this.contextOf(section, step);
      const facts = measured[statement];
      const found = this.checkOperation(operation, context);
      const standing = found.filter(({ rule }) => !isRefuted(rule, operation.kind, facts));
      matches.push(...standing);
      for (const { rule } of found) named.add(rule.id);
      const predicted = predictEffects(operation, context).filter(({ table }) => !context.isNew(table));
      items.push({ operation, statement, constants, effects: facts ? measuredEffects(facts) : predicted });
      if (facts) predictedItems.push({ operation, statement, constants, effects: predicted });
      applyOperation(section.state, operation, section.key);
      section.passed += 1;
    }
    for (const rule of this.stepRules) {
      const found = rule.checkStep?.({ mode: step.mode, items }) ?? [];
      matches.push(...found.map((one) => ({ ...one, rule })));
      if (rule.checkStep?.({ mode: step.mode, items: predictedItems }).length) named.add(rule.id);
    }
    matches.push(...(step.code ? codeWork(step, measured) : unnamedWork(measured, items, matches)));
    const isOpaque =
      read.operations.some(({ operation }) => operation.kind === 'opaque') || callsArchive.test(step.sql);
    this.locks.set(stepKey(section.revision.id, section.direction, step.name), {
      locks: strongestLocks(section.state, items),
      isComplete: !step.code && !read.fault && !isOpaque,
    });
    const unreadable = findRule('ST113');
    if (read.fault && unreadable)
      matches.push({ rule: unreadable, message: read.fault.message, at: read.fault.offset });
    this.statements += read.statements;
    this.settle(section, step, { matches, named });
  }

  private checkOperation(operation: Operation, context: RuleContext): Match[] {
    return (this.checks.get(operation.kind) ?? []).flatMap(({ rule, check }) => {
      if (rule.isTaste && context.phase === 'baseline') return [];
      const message = check(operation, context);
      if (message === undefined) return [];
      return [{ rule, message, at: operation.at, table: 'table' in operation ? operation.table : undefined }];
    });
  }

  private contextOf(section: Section, step: Step): RuleContext {
    const { state, key, revision, operations, passed } = section;
    return {
      state,
      serverMajor: this.serverMajor,
      phase: revision.phase,
      mode: step.mode,
      section: key,
      up: revision.up,
      isNew: (table) => isNew(state, table, key),
      get preceding() {
        return operations.slice(0, passed);
      },
      get following() {
        return operations.slice(passed);
      },
    };
  }

  /** Waivers take findings away; one that takes none is a finding itself. */
  private settle(section: Section, step: Step, found: { matches: readonly Match[]; named: ReadonlySet<string> }): void {
    const { matches, named } = found;
    const { only } = this.options;
    if (only && !only.has(section.revision.id)) return;
    for (const match of matches) {
      const waiver = step.accepts?.find(({ rule }) => accepts(rule, match.rule.id));
      const finding = this.findingOf(section, step, match);
      if (waiver) this.waived.push({ ...finding, reason: waiver.reason });
      else this.findings.push(finding);
    }
    const rule = findRule('ST110');
    for (const waiver of step.accepts ?? []) {
      const isUsed = named.has(waiver.rule) || matches.some((one) => one.rule.id === waiver.rule);
      if (!rule || isUsed || (this.measured.size === 0 && shownByMeasuring.has(waiver.rule))) continue;
      const message = findRule(waiver.rule)
        ? `nothing in step "${step.name}" needs accept=${waiver.rule}`
        : `there is no rule ${waiver.rule}`;
      const finding = this.findingOf(section, step, { rule, message, at: 0 });
      this.findings.push({ ...finding, line: step.line - 1, column: 1 });
    }
  }

  private findingOf(section: Section, step: Step, { rule, message, at, table }: Match): LintFinding {
    const place = placeIn(step.sql, at);
    // In a TypeScript file the SQL stands behind something on its first line, or is computed.
    const column = place.column + (place.line === 1 ? (step.column ?? 1) - 1 : 0);
    const line = step.column === null ? 1 : place.line;
    return {
      rule: rule.id,
      name: rule.name,
      severity: this.severityOf(rule, section.state, table),
      message,
      safe: rule.safe,
      example: rule.example,
      file: section.revision.file,
      line: step.line + line - 1,
      column,
      revision: section.revision.id,
      direction: section.direction,
      step: step.name,
      ...(table ? { table: keyOf(section.state, table) } : {}),
    };
  }

  private severityOf(rule: LintRule, state: SchemaState, table: QualifiedName | undefined): LintRule['severity'] {
    if (!rule.growsWithRows || !table) return rule.severity;
    const rows = this.options.tableRows?.get(keyOf(state, table)) ?? this.options.tableRows?.get(table.name);
    return rows !== undefined && rows <= (this.options.smallTableRows ?? 10_000) ? 'notice' : rule.severity;
  }
}

/** Functions of the engine whose work depends on what is set aside. */
const callsArchive = /\b(?:take_back|restore|soft_change)_[a-z_]+\s*\(/;

/** By table, in the order in which they are asked for first. */
function strongestLocks(state: SchemaState, items: readonly StepItem[]): StepLock[] {
  const found = new Map<string, StepLock>();
  for (const effect of items.flatMap((item) => item.effects)) {
    const table = keyOf(state, effect.table);
    const { lock, cost } = found.get(table) ?? effect;
    found.set(table, {
      table,
      lock: isAtLeast(lock, effect.lock) ? lock : effect.lock,
      cost: costs.indexOf(cost) >= costs.indexOf(effect.cost) ? cost : effect.cost,
    });
  }
  return [...found.values()];
}

/** What a composed statement did is what was accepted without having been seen. */
function accepts(accepted: string, rule: string): boolean {
  return accepted === rule || (accepted === 'ST093' && rule === 'ST094');
}

/** What adds up in a step may be seen only where it is measured: without, a waiver of these may be needed or not. */
const shownByMeasuring = new Set(['ST083', 'ST090', 'ST091', 'ST092', 'ST094']);

/** Code is opaque until it was measured. A batch changes the rows of its keys: that is what it is for. */
function codeWork(step: Step, measured: readonly MeasuredStatement[]): Match[] {
  const opaque = findRule('ST093');
  if (measured.length === 0) {
    const message = 'a step in code: what it sends cannot be told without running it';
    return opaque && step.mode !== 'batch' ? [{ rule: opaque, message, at: 0 }] : [];
  }
  const rule = findRule('ST094');
  const held = new Map<string, LockMode>();
  return measured.flatMap((facts) => {
    const found = unnamed(facts, { held, isOpaque: true });
    for (const { table, lock } of facts.locks) held.set(table, lock);
    return rule && found ? [{ rule, at: 0, ...found }] : [];
  });
}

/** For each statement that no match speaks of yet. */
function unnamedWork(
  measured: readonly MeasuredStatement[],
  items: readonly StepItem[],
  matches: readonly Match[],
): Match[] {
  const rule = findRule('ST094');
  const held = new Map<string, LockMode>();
  return measured.flatMap((facts, statement) => {
    const own = items.filter((item) => item.statement === statement);
    const first = own[0];
    const isNamed = own.some(
      ({ operation }) => operation.kind === 'soft_drop' || matches.some(({ at }) => at === operation.at),
    );
    const isOpaque = own.some(({ operation }) => operation.kind === 'opaque');
    const found = rule && first && !isNamed ? unnamed(facts, { held, isOpaque }) : undefined;
    for (const { table, lock } of facts.locks) held.set(table, lock);
    return rule && first && found ? [{ rule, at: first.operation.at, ...found }] : [];
  });
}

/** Nobody but this section knows it: made here, temporary, or the keys of a batch. */
function isNew(state: SchemaState, table: QualifiedName, section: string): boolean {
  if (table.schema === 'pg_temp' || (table.schema === undefined && table.name === 'batch_keys')) return true;
  const known = findTable(state, table);
  return known !== undefined && (known.isTemporary || known.madeIn === section);
}

function byPlace(a: LintFinding, b: LintFinding): number {
  const file = a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
  return file || a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : 1);
}
