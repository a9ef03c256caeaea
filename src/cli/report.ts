import {
  type CliFinding,
  doneBefore,
  type FaultOptions,
  findingsOf,
  MigrationError,
  renderError as renderMigrationError,
} from '@stanchion/migrate/cli';
import { ConfigError, renderFaults } from '../config/faults.ts';
import { AppError } from '../errors.ts';
import { type ExitName, findExitName } from './exit-codes.ts';
import { CliError, type VerbResult } from './verb.ts';

/** What is printed and how the process ends. */
export interface Report {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: ExitName;
}

export interface ReportOptions {
  /** The verb's words: `config check`. */
  readonly command: string;
  /** The whole command line, to be run again. */
  readonly again: string;
  readonly json: boolean;
  /** How a file of the migrations is called from the root folder. */
  readonly pathOf: (file: string) => string;
}

export function reportResult(result: VerbResult, { command, json }: ReportOptions): Report {
  const findings = result.findings ?? [];
  const exit = result.exit ?? (findings.some((finding) => finding.severity === 'error') ? 'findings' : 'ok');
  if (json) return { stdout: renderJson({ command, exit, data: result.data, findings }), stderr: '', exit };
  // A verb that has said everything on stderr leaves stdout alone: a log stream stays what it is.
  const stdout = result.text === '' ? '' : `${result.text}\n`;
  return { stdout, stderr: findings.map(renderFinding).join(''), exit };
}

/** An expected error is a message and its fix; anything else is a fault of this program and shows its stack. */
export function reportError(error: unknown, options: ReportOptions): Report {
  const { command, json } = options;
  const exit = error instanceof CliError ? error.exit : (findExitName(error) ?? 'internal');
  if (!json) return { stdout: '', stderr: `${renderError(error, exit, options)}\n`, exit };
  const findings = toFindings(error, exit, options);
  return { stdout: renderJson({ command, exit, data: doneBefore(error), findings }), stderr: '', exit };
}

interface JsonParts {
  readonly command: string;
  readonly exit: ExitName;
  readonly data: unknown;
  readonly findings: readonly CliFinding[];
}

function renderJson({ command, exit, data, findings }: JsonParts): string {
  return `${JSON.stringify({ schema_version: 1, command, ok: exit === 'ok', data, findings }, null, 2)}\n`;
}

function renderFinding({ severity, evidence, cause, fix }: CliFinding): string {
  return severity === 'warning' ? `warning: ${evidence}\n` : `${evidence}: ${cause}\n  fix: ${fix}\n`;
}

function renderError(error: unknown, exit: ExitName, options: ReportOptions): string {
  if (error instanceof ConfigError) return renderFaults(error.faults);
  if (error instanceof CliError) return `${error.message}\n  fix: ${error.fix}`;
  if (error instanceof MigrationError) return renderMigrationError(error, asFault(options));
  if (exit === 'internal')
    return `This is a fault of the program: ${error instanceof Error ? error.stack : String(error)}`;
  return withFix(messageOf(error), exit);
}

function withFix(message: string, exit: ExitName): string {
  const fix = fixes[exit];
  return message.includes('\n  fix: ') ? message : `${message}\n  fix: ${fix}`;
}

/** For errors that bring none of their own. */
const fixes: Readonly<Record<ExitName, string>> = {
  ok: 'nothing has to be done',
  findings: 'mend what was found',
  usage: './stanchion --help',
  failed: 'mend what the message names, and run it again',
  unreachable:
    'see that it runs and takes connections, or mend DATABASE_URL; `./stanchion config show` says where it is set',
  refused: 'do what the message says',
  needs_operator: './stanchion migrate status',
  port_taken: 'stop what listens there, or choose another HOST or PORT',
  internal: 'report it, with what it printed',
  dependencies_missing: 'npm ci',
  folder_not_writable: 'free the disk, or choose another DATA_DIR; `./stanchion config show` says where it is set',
  locked: 'stop the other process, or wait until it has ended',
  config_invalid: './stanchion config check',
  interrupted: 'run it again',
};

function toFindings(error: unknown, exit: ExitName, options: ReportOptions): CliFinding[] {
  const { command, again: verify } = options;
  if (error instanceof ConfigError) {
    return error.faults.map(({ variable, problem, origin, fix }) => ({
      id: 'ST-CONFIG-INVALID',
      severity: 'error',
      evidence: `${variable} (${origin})`,
      cause: problem,
      fix,
      verify: './stanchion config check',
    }));
  }
  if (error instanceof MigrationError) return findingsOf(error, asFault(options));
  const fix = error instanceof CliError ? error.fix : fixes[exit];
  const id = `ST-CLI-${exit.toUpperCase().replaceAll('_', '-')}`;
  return [{ id, severity: 'error', evidence: command, cause: messageOf(error), fix, verify }];
}

function asFault({ command, again, pathOf }: ReportOptions): FaultOptions {
  const advice = {
    connection_failed: fixes.unreachable,
    folder_unreadable: 'restore the folder migrations/ of this checkout',
  };
  return { program: './stanchion migrate', command, again, pathOf, advice };
}

function messageOf(error: unknown): string {
  if (error instanceof AppError) {
    const issues = error.issues.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`);
    // A client must not read what really happened; whoever runs the command must.
    const cause = error.cause instanceof Error ? [error.cause.message] : [];
    return [error.detail, ...issues, ...cause].join('\n  ');
  }
  return error instanceof Error ? error.message : String(error);
}
