import type { CliFinding, Talk } from '@stanchion/migrate/cli';
import type { ConfigInput, LoadedConfig } from '../config/load.ts';
import type { ExitName } from './exit-codes.ts';

/** What a verb needs of the outside: a test passes its own. */
export interface CliContext {
  /** The project's folder: .env files, DATA_DIR and migrations/ are found from here. */
  readonly rootDir: string;
  /** Talk and progress, one line at a time, for stderr. The result is returned, not printed. */
  readonly say: (line: string) => void;
  /** The same, and lines that are written over by the next one. */
  readonly talk: Talk;
  /** The user's $VISUAL or $EDITOR. */
  readonly editor: string | undefined;
  /** Asks whoever sits at the terminal; undefined where nobody does. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Reads the configuration once. Throws ConfigError. */
  readonly loadConfig: (options?: Pick<ConfigInput, 'overrides' | 'generated'>) => LoadedConfig;
}

/** What a verb found out: `text` for a person, `data` for `--json`. */
export interface VerbResult {
  readonly data: unknown;
  readonly text: string;
  readonly findings?: readonly CliFinding[];
  /** Left out: `findings` when there is an error among the findings, else `ok`. */
  readonly exit?: ExitName;
}

/** An expected end of a command other than success. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitName;
  readonly fix: string;

  constructor(exit: ExitName, message: string, fix: string) {
    super(message);
    this.exit = exit;
    this.fix = fix;
  }
}
