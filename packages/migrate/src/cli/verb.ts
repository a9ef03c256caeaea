import type { WantedSchema } from '../autogenerate/wanted-schema.ts';
import type { ConnectionSource } from '../connection.ts';
import type { RunOptions } from '../options.ts';
import type { MigrateExit } from './exit-codes.ts';
import type { Talk } from './talk.ts';

/** What a verb needs of the outside. The bin, a program that has these verbs among its own, and a test each pass theirs. */
export interface MigrateContext {
  /** What people type before a verb, for the commands that are advised: `stanchion-migrate`, `./stanchion migrate`. */
  readonly program: string;
  /** Absolute. File names are printed from here. */
  readonly cwd: string;
  /** Of the revisions; absolute. */
  readonly folder: string;
  /** What is configured for every run: the journal's schema, search_path, waits. */
  readonly settings: MigrateSettings;
  /** What the models want, for the verbs that compare; undefined where none are configured. Throws CliError. */
  readonly models?: (() => Promise<WantedSchema>) | undefined;
  /** Asks whoever sits at the terminal; undefined where nobody does. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** The user's $VISUAL or $EDITOR; may hold options. */
  readonly editor: string | undefined;
  /** Called before SQL is parsed: a process that ends with its verb has V8 compile the parser sparingly. */
  readonly beforeParsing?: (() => void) | undefined;
  /** For stderr. The result is returned, not printed. */
  readonly talk: Talk;
  /** Hands out the direct connection, and what keeps it up, for as long as the work takes. Throws CliError. */
  readonly withConnection: <Result>(work: (connection: ConnectionSource) => Promise<Result>) => Promise<Result>;
  /** Turns Ctrl-C and SIGTERM into this signal for as long as the work takes. */
  readonly withStop: <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

export type MigrateSettings = Omit<RunOptions, 'connection' | 'fill' | 'acceptLoss' | 'onEvent' | 'signal'>;

/** What a verb found out: `text` for a person, `data` for `--json` and for callers. */
export interface VerbResult<Data = unknown> {
  readonly data: Data;
  readonly text: string;
  readonly findings?: readonly CliFinding[];
  /** Left out: `findings` when there is an error among the findings, else `ok`. */
  readonly exit?: MigrateExit;
}

/** A fault as `--json` prints it: what is wrong, how to mend it and how to see that it is mended. */
export interface CliFinding {
  /** `ST-` and words; stable. */
  readonly id: string;
  readonly severity: 'error' | 'warning';
  /** Where it was seen, `file:line:column` for one. Never a secret. */
  readonly evidence: string;
  readonly cause: string;
  readonly fix: string;
  readonly verify: string;
}

/** An expected end of a command other than success, beside MigrationError. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: MigrateExit;
  readonly fix: string;

  constructor(exit: MigrateExit, message: string, fix: string) {
    super(message);
    this.exit = exit;
    this.fix = fix;
  }
}

/** A verb of whatever options: those that its entry in the table declares, which its own type names again. */
export type Verb = (options: never, context: MigrateContext) => VerbResult | Promise<VerbResult>;

/** A verb in the table that makes the commands, their help and their documentation. */
export interface VerbEntry {
  /** Its words: `upgrade`, `archive list`. */
  readonly name: string;
  readonly description: string;
  /** `[revision]`, `<revision>` or `[revisions...]`, and what it is. */
  readonly arguments?: readonly (readonly [syntax: string, description: string])[];
  /** `--yes`, `-m, --message <text>`, and what it does. */
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** The same, for options that may not be left out. */
  readonly required?: readonly (readonly [flags: string, description: string])[];
  /** What people write behind the verb's words, for its help; '' for the words alone. */
  readonly examples: readonly [string, ...string[]];
  /** The exit codes that a caller has to tell apart. */
  readonly exits: readonly MigrateExit[];
  /** Only in the program of the package: whoever has these verbs among its own has a folder already. */
  readonly standalone?: boolean;
  /** The verb's file is loaded when it is called, so that each starts quickly. */
  readonly load: () => Promise<Verb>;
}
