import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PythonEnvironment {
  readonly uvicorn: string;
  /** For people: what the column was measured with. */
  readonly versions: string;
}

export interface MissingPython {
  readonly reason: string;
}

const requirementsFile = fileURLToPath(new URL('./fastapi/requirements.txt', import.meta.url));

/** The virtual environment of the FastAPI program, made on first use and whenever its requirements have changed. */
export async function preparePython(dataFolder: string): Promise<PythonEnvironment | MissingPython> {
  const python = await output('python3', ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])']);
  if (python === undefined) return { reason: 'there is no python3 on this machine' };
  const requirements = await readFile(requirementsFile, 'utf8');
  const folder = join(dataFolder, 'fastapi');
  const stampFile = join(folder, 'stamp');
  const stamp = createHash('sha256').update(`${python}\n${requirements}`).digest('hex');
  if ((await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) {
    const fault = await install(folder);
    if (fault !== undefined) return { reason: fault };
    await writeFile(stampFile, stamp);
  }
  return { uvicorn: join(folder, 'bin', 'uvicorn'), versions: describe(python, requirements) };
}

async function install(folder: string): Promise<string | undefined> {
  process.stderr.write('Installing the FastAPI program’s packages (once) …\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const made = await run('python3', ['-m', 'venv', folder]);
  if (made !== 0) return `python3 -m venv ended with ${made} (on Debian it is the package python3-venv)`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
  const installed = await run(join(folder, 'bin', 'python'), [...pip, '--requirement', requirementsFile]);
  return installed === 0 ? undefined : `pip could not install bench/baselines/fastapi/requirements.txt (${installed})`;
}

const named = ['fastapi', 'starlette', 'pydantic', 'sqlmodel', 'SQLAlchemy', 'psycopg2-binary', 'uvicorn', 'uvloop'];

function describe(python: string, requirements: string): string {
  const versions = new Map(requirements.split('\n').map((line): [string, string] => [line.split('==')[0] ?? '', line]));
  const packages = named.map((name) => versions.get(name)?.replace('==', ' ') ?? name);
  return [`Python ${python}`, ...packages].join(', ');
}

/** The exit code, or the error's message. What it says goes to our stderr. */
async function run(command: string, args: readonly string[]): Promise<number | string> {
  const child = spawn(command, args, { stdio: ['ignore', 2, 2] });
  try {
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : 'a signal';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function output(command: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  try {
    const [code] = await once(child, 'close');
    return code === 0 ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}
