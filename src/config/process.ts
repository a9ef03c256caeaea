import { type ConfigInput, type LoadedConfig, loadConfig } from './load.ts';

/** The configuration of this process. Only this file names `process.env`. Throws ConfigError. */
export function loadProcessConfig(input: Omit<ConfigInput, 'env'>): LoadedConfig {
  return loadConfig({ ...input, env: process.env });
}

/** The user's own setting, not one of this program: what opens a file to be edited. */
export function findEditor(): string | undefined {
  return process.env['VISUAL'] || process.env['EDITOR'];
}
