import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError, type ConfigFault } from '../../src/config/faults.ts';
import { type ConfigInput, type LoadedConfig, loadConfig } from '../../src/config/load.ts';

/** 72 characters of many kinds; strong by its form, and only ever used here. */
export const testSecret = 'Only-a-test-secret_9fK2xQ7vLm4RtZ8wYb3NcHs6PdJg1UeAoTiXk5MqBnVhCyGrWlFz0';

export interface TestSetting {
  readonly env?: Record<string, string>;
  /** Files of the project's folder by name. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly overrides?: ConfigInput['overrides'];
  readonly generated?: 'keep' | 'discard';
}

/** Loads a configuration from nothing but what is given, in a folder of its own. */
export function load({ env = {}, files = {}, overrides, generated = 'discard' }: TestSetting = {}): LoadedConfig {
  return withFolder(files, (cwd) =>
    loadConfig({ env, cwd, generated, ...(overrides === undefined ? {} : { overrides }) }),
  );
}

/** The faults of a configuration that must not load. */
export function faultsOf(setting: TestSetting): readonly ConfigFault[] {
  try {
    load(setting);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** The one fault about a variable. */
export function faultOf(variable: string, setting: TestSetting): ConfigFault {
  const faults = faultsOf(setting);
  const [fault, ...more] = faults.filter((candidate) => candidate.variable === variable);
  if (fault === undefined || more.length > 0)
    throw new Error(`not one fault of ${variable}: ${JSON.stringify(faults)}`);
  return fault;
}

/** What production needs at least. */
export function production(env: Record<string, string> = {}): Record<string, string> {
  return {
    ENVIRONMENT: 'production',
    JWT_SECRET: testSecret,
    DATABASE_URL: 'postgresql://app:pw@db.example.com/app',
    ...env,
  };
}

export function withFolder<Result>(
  files: Readonly<Record<string, string | Buffer>>,
  work: (folder: string) => Result,
): Result {
  const folder = mkdtempSync(join(tmpdir(), 'stanchion-config-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
