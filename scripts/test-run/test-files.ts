import { run } from 'node:test';
import { inspect } from 'node:util';

export interface TestFilesOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** How a file is called in the report. */
  readonly name: (file: string) => string;
}

const fileTimeoutMs = 600_000;
const slowestShown = 5;

/** Runs each file in a process of its own, two at once, and prints failures in full and the slowest files. */
export async function runTestFiles(
  files: readonly string[],
  { env, signal, name }: TestFilesOptions,
): Promise<{ passed: number; failed: number }> {
  const report = { passed: 0, failed: 0, durations: new Map<string, number>(), output: new Map<string, string>() };
  const events = run({ files, env, signal, isolation: 'process', concurrency: 2, timeout: fileTimeoutMs });
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      report.output.set(data.file, (report.output.get(data.file) ?? '') + data.message);
    } else if (type === 'test:pass') {
      if (isFile(data)) countEmptyFile(report, name(data.file ?? data.name));
      else if (isSkipped(data))
        countFailure(report, { title: data.name, file: data.file, error: 'skipped: nothing is skipped here' });
      else if (data.details.type !== 'suite') report.passed += 1;
    } else if (type === 'test:fail') {
      if (!isOnlyParent(data))
        countFailure(report, { title: data.name, file: data.file, error: causeOf(data.details.error) });
    } else if (type === 'test:summary' && data.file !== undefined) {
      report.durations.set(name(data.file), data.duration_ms);
    }
  }
  printSlowest(report.durations);
  return { passed: report.passed, failed: report.failed };
}

interface Report {
  passed: number;
  failed: number;
  readonly output: Map<string, string>;
}

interface Failure {
  readonly title: string;
  readonly file: string | undefined;
  readonly error: unknown;
}

interface Finished {
  name: string;
  nesting: number;
  file?: string | undefined;
}

/** The runner reports a file without any test as one test that has the file's name. */
function isFile({ name, nesting, file }: Finished): boolean {
  return (
    nesting === 0 && /\.test\.ts$/.test(name) && (file === undefined || file.endsWith(name) || name.endsWith(file))
  );
}

function countEmptyFile(report: Report, file: string): void {
  report.failed += 1;
  console.log(`\nFAILED: ${file}\nthe file holds no test`);
}

function countFailure(report: Report, { title, file, error }: Failure): void {
  report.failed += 1;
  const details = typeof error === 'string' ? error : inspect(error, { depth: 8, maxStringLength: 4000 });
  console.log(`\nFAILED: ${title}\n${file ?? ''}\n${details}`);
  const output = file === undefined ? undefined : report.output.get(file);
  if (file !== undefined && output) {
    console.log(`-- printed by ${file}:\n${output.slice(-8000).trimEnd()}`);
    report.output.delete(file);
  }
}

function isSkipped(data: { skip?: string | boolean | undefined; todo?: string | boolean | undefined }): boolean {
  return (data.skip !== undefined && data.skip !== false) || (data.todo !== undefined && data.todo !== false);
}

/** A suite fails because its tests do: those are reported themselves. */
function isOnlyParent({ details }: { details: { error: Error } }): boolean {
  return 'failureType' in details.error && details.error.failureType === 'subtestsFailed';
}

function causeOf(error: Error): unknown {
  return error.cause ?? error;
}

function printSlowest(durations: Map<string, number>): void {
  const slowest = [...durations].toSorted(([, a], [, b]) => b - a).slice(0, slowestShown);
  if (slowest.length === 0) return;
  console.log(`\nslowest: ${slowest.map(([file, ms]) => `${file} ${(ms / 1000).toFixed(1)} s`).join(', ')}`);
}
