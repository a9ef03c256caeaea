import { readFileSync } from 'node:fs';
import { addCommands, migrateVerbs } from '@stanchion/migrate/cli';
import { Command } from 'commander';
import { addAuthVerbs } from './auth-verbs.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliContext, VerbResult } from './verb.ts';

/** A verb of whatever options: those that are declared for it below, which its own type names again. */
export type Verb = (options: never, context: CliContext) => VerbResult | Promise<VerbResult>;
/** A verb's file is loaded when it is called, so that each starts quickly. `name` is its words: `config check`. */
export type RunVerb = (name: string, load: () => Promise<Verb>, options: never) => Promise<void>;

/** The command line as a tree of commands; `run` is called with the verb that was asked for. */
export function createProgram(run: RunVerb): Command {
  const program = new Command('stanchion')
    .description('Runs and looks after this API backend.')
    .version(version(), '-V, --version', 'print the version')
    .option('--json', 'print one JSON object: {schema_version, command, ok, data, findings}')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', `\n${renderExitCodes()}`);
  const verb = (command: Command, load: () => Promise<Verb>) =>
    command.allowExcessArguments(false).action(() => run(nameOf(command), load, optionsOf(command)));

  addServerVerbs(program, verb);
  addMigrateVerbs(program, run);
  addDatabaseVerbs(program, verb);
  addAuthVerbs(program, verb);
  addConfigVerbs(program, verb);
  addOtherVerbs(program, verb);
  return program;
}

/** Of package.json, the one place where it is changed. */
function version(): string {
  const { version: text }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return text;
}

/** The words of a command after the program's own: `config check`. */
export function nameOf(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) words.unshift(at.name());
  return words.join(' ');
}

/** Options and arguments by name; commander has no type for them. */
function optionsOf(command: Command): never {
  for (const [index, argument] of command.registeredArguments.entries()) {
    command.setOptionValue(argument.name(), command.processedArgs[index]);
  }
  return command.opts<never>();
}

export type AddVerb = (command: Command, load: () => Promise<Verb>) => Command;

function addServerVerbs(program: Command, verb: AddVerb): void {
  verb(
    program
      .command('serve')
      .description('start the API; SIGTERM and Ctrl-C end it cleanly')
      .option('--host <address>', 'the address to listen on (HOST)')
      .option('--port <number>', 'the port to listen on (PORT)'),
    async () => (await import('./serve.ts')).serve,
  );
  const user = program.command('user').description('the users of the API');
  verb(
    user
      .command('create')
      .description('register a user; makes and prints a password unless one is given')
      .requiredOption('--email <address>', 'its e-mail address')
      .option('--name <text>', 'its name')
      .option('--password-stdin', 'read the password from stdin, so that no process list shows it'),
    async () => (await import('./user-create.ts')).userCreate,
  );
  verb(
    user
      .command('access')
      .description('disable or enable a user, or give it a role; disabling and another role end its sessions')
      .argument('<email>', 'its e-mail address')
      .option('--role <role>', 'user or admin')
      .option('--disable', 'it may not log in any more')
      .option('--enable', 'it may log in again'),
    async () => (await import('./user-access.ts')).userAccess,
  );
}

/** A call of a migrations' verb, which needs the app's context around it. */
function addMigrateVerbs(program: Command, run: RunVerb): void {
  const migrate = program.command('migrate').description('the schema of the database');
  const entries = migrateVerbs.filter((entry) => entry.standalone !== true);
  addCommands(migrate, { entries, program: './stanchion migrate' }, async (entry, options) => {
    const load = async (): Promise<Verb> => {
      const { runMigrateVerb } = await import('./migrate.ts');
      return async (given, context) => runMigrateVerb(entry, given, context);
    };
    await run(`migrate ${entry.name}`, load, options);
  });
}

function addDatabaseVerbs(program: Command, verb: AddVerb): void {
  const db = program.command('db').description('the embedded database of development');
  verb(
    db.command('start').description('start the embedded database and leave it running; prints its URL'),
    async () => (await import('./db-start.ts')).dbStart,
  );
  verb(db.command('stop').description('stop the embedded database'), async () => (await import('./db-stop.ts')).dbStop);
  verb(
    db.command('url').description('print the URL of the embedded database'),
    async () => (await import('./db-url.ts')).dbUrl,
  );
  verb(
    db
      .command('reset')
      .description('delete the embedded database with all its rows')
      .option('--yes', 'really delete it'),
    async () => (await import('./db-reset.ts')).dbReset,
  );
}

function addConfigVerbs(program: Command, verb: AddVerb): void {
  const config = program.command('config').description('the configuration');
  verb(
    config.command('check').description('report every fault of the configuration at once'),
    async () => (await import('./config-check.ts')).configCheck,
  );
  verb(
    config.command('show').description('print every effective value with its origin; of a secret its length'),
    async () => (await import('./config-show.ts')).configShow,
  );
  const generate = program.command('generate').description('make new values');
  verb(
    generate
      .command('secret')
      .description('print a new secret for JWT_SECRET or AUTH_SECRET')
      .option('--bytes <number>', 'random bytes, 48 to 1024 (default: 64)'),
    async () => (await import('./generate-secret.ts')).generateSecret,
  );
}

function addOtherVerbs(program: Command, verb: AddVerb): void {
  verb(
    program.command('routes').description('list every route: method, path, what it asks for'),
    async () => (await import('./routes.ts')).routes,
  );
  const wire = program.command('wire').description("the old backend's HTTP behaviour");
  verb(
    wire
      .command('fingerprint')
      .description('derive the profile of a running FastAPI by requests that change nothing; writes wire-profile.json')
      .argument('<url>', 'where it answers, such as http://127.0.0.1:8000')
      .option('--dry-run', 'read its OpenAPI document and print the requests that would be made')
      .option('--openapi <path>', 'where its OpenAPI document is (default: /openapi.json)')
      .option('--output <file>', 'the file to write (default: wire-profile.json)')
      .option('--token-stdin', 'read a bearer token from stdin, to see routes that ask for one as well'),
    async () => (await import('./wire-fingerprint.ts')).wireFingerprint,
  );
  const skills = program.command('skills').description('the rules that the code follows');
  verb(
    skills.command('check').description('check that every file follows the skill that owns it'),
    async () => (await import('./skills-check.ts')).skillsCheck,
  );
}

function renderExitCodes(): string {
  const sorted = Object.values(exitCodes).toSorted((a, b) => a.code - b.code);
  const rows = sorted.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${rows.join('\n')}`;
}
