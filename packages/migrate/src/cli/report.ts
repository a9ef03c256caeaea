import { MigrationError, type MigrationErrorCode, type MigrationFault } from '../errors.ts';
import { hintOf } from '../hints.ts';
import { exitOfFault, type MigrateExit } from './exit-codes.ts';
import { CliError, type CliFinding, type VerbResult } from './verb.ts';

/** What is printed and how the process ends. */
export interface Report {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: MigrateExit;
}

/** Who reports, and in whose words. */
export interface FaultOptions {
  /** What people type before a verb of the migrations: `stanchion-migrate`, `./stanchion migrate`. */
  readonly program: string;
  /** The verb's words. */
  readonly command: string;
  /** The whole command line, to be run again: see `againOf`. */
  readonly again: string;
  /** How a file of the revisions is called here; left out: by its name. */
  readonly pathOf?: ((file: string) => string) | undefined;
  /** In place of the engine's general advice, where this program has better. */
  readonly advice?: Partial<Record<MigrationErrorCode, string>>;
}

export interface ReportOptions extends FaultOptions {
  readonly json: boolean;
}

export function reportResult(result: VerbResult, options: ReportOptions): Report {
  const findings = result.findings ?? [];
  const exit = result.exit ?? (findings.some((finding) => finding.severity === 'error') ? 'findings' : 'ok');
  if (options.json) return { stdout: renderJson(options, { exit, data: result.data, findings }), stderr: '', exit };
  const stdout = result.text === '' ? '' : `${result.text}\n`;
  return { stdout, stderr: findings.map(renderFinding).join(''), exit };
}

/** An expected error is a message and its fix; anything else is a fault of this program and shows its stack. */
export function reportError(error: unknown, options: ReportOptions): Report {
  const exit = findExit(error) ?? 'internal';
  if (!options.json) return { stdout: '', stderr: `${renderError(error, options)}\n`, exit };
  const parts = { exit, data: doneBefore(error), findings: findingsOf(error, options) };
  return { stdout: renderJson(options, parts), stderr: '', exit };
}

/** How an expected error ends a command; undefined: nobody expected it. */
export function findExit(error: unknown): MigrateExit | undefined {
  if (error instanceof CliError) return error.exit;
  return error instanceof MigrationError ? exitOfFault[error.code] : undefined;
}

/** The data of a failure: what was finished before it, where something was. */
export function doneBefore(error: unknown): Pick<MigrationError, 'finished'> | null {
  return error instanceof MigrationError && error.finished.length > 0 ? { finished: error.finished } : null;
}

/** One for each fault. */
export function findingsOf(error: unknown, options: FaultOptions): CliFinding[] {
  const { command, again: verify } = options;
  if (error instanceof MigrationError) {
    return error.faults.map((fault) => ({
      id: idOf(fault.code),
      severity: 'error',
      evidence: placeOf(fault, options) ?? command,
      cause: causeOf(fault, options),
      fix: fixOf(fault, options),
      verify,
    }));
  }
  const [exit, fix] = error instanceof CliError ? [error.exit, error.fix] : (['internal', 'report it'] as const);
  const cause = error instanceof Error ? error.message : String(error);
  return [{ id: idOf(exit), severity: 'error', evidence: command, cause, fix, verify }];
}

/** For a person: where, what and how to mend it, for each fault. What mends several is said once, behind the last of them. */
export function renderError(error: unknown, options: FaultOptions): string {
  if (error instanceof MigrationError) {
    const { faults } = error;
    return faults.map((fault, at) => renderFault(fault, options, faults[at + 1])).join('\n');
  }
  if (error instanceof CliError) return `${error.message}\n  fix: ${error.fix}`;
  return `This is a fault of the program: ${error instanceof Error ? error.stack : String(error)}`;
}

interface JsonParts {
  readonly exit: MigrateExit;
  readonly data: unknown;
  readonly findings: readonly CliFinding[];
}

function renderJson({ command }: ReportOptions, { exit, data, findings }: JsonParts): string {
  return `${JSON.stringify({ schema_version: 1, command, ok: exit === 'ok', data, findings }, null, 2)}\n`;
}

function renderFinding({ severity, evidence, cause, fix }: CliFinding): string {
  return `${severity === 'warning' ? 'warning: ' : ''}${evidence}: ${cause}\n  fix: ${fix}\n`;
}

function renderFault(fault: MigrationFault, options: FaultOptions, next: MigrationFault | undefined): string {
  const place = placeOf(fault, options);
  const fix = fixOf(fault, options);
  const isShared = next !== undefined && fixOf(next, options) === fix;
  return `${place === undefined ? '' : `${place}: `}${causeOf(fault, options)}${isShared ? '' : `\n  fix: ${fix}`}`;
}

function fixOf(fault: MigrationFault, { program, advice = {} }: FaultOptions): string {
  return (fault.hint ?? advice[fault.code] ?? hintOf(fault)).replaceAll(ourVerb, `${program} `);
}

/** The engine does not know what its command line is called: in its words a command is `migrate <verb>`. */
const ourVerb =
  /\bmigrate (?=(?:archive|branches|current|heads|history|init|merge|resolve|revision|stamp|status|undo|upgrade)\b)/g;

function placeOf({ file, line, column }: MigrationFault, { pathOf }: FaultOptions): string | undefined {
  const path = file === undefined || pathOf === undefined ? file : pathOf(file);
  const parts = [path, line, column].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(':');
}

function causeOf({ message, sqlstate }: MigrationFault, { program }: FaultOptions): string {
  const words = message.replaceAll(ourVerb, `${program} `);
  return sqlstate === undefined ? words : `${words} (SQLSTATE ${sqlstate})`;
}

function idOf(code: string): string {
  return `ST-MIGRATE-${code.toUpperCase().replaceAll('_', '-')}`;
}
