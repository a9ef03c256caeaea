import { type ConfigInput, type LoadedConfig, loadConfig } from './load.ts';

/** The configuration of this process. The only place that names `process.env`. Throws ConfigError. */
export function loadProcessConfig(input: Omit<ConfigInput, 'env'>): LoadedConfig {
  return loadConfig({ ...input, env: process.env });
}
