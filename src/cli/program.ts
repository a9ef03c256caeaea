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
    .option('--json', 'print one JSON object: {schema_version, command, ok, data, findings}')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run it with --help to see what it takes.')
    .addHelpText('after', `\n${renderExitCodes()}`);
  const verb = (command: Command, load: () => Promise<Verb>) =>
    command.allowExcessArguments(false).action(() => run(nameOf(command), load, optionsOf(command)));

  addServerVerbs(program, verb);
  addMigrateVerbs(program, verb);
  addDatabaseVerbs(program, verb);
  addAuthVerbs(program, verb);
  addConfigVerbs(program, verb);
  addOtherVerbs(program, verb);
  return program;
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
      .description('disable or enable a user, or give it a role; ends its sessions when it may less')
      .argument('<email>', 'its e-mail address')
      .option('--role <role>', 'user or admin')
      .option('--disable', 'it may not log in any more')
      .option('--enable', 'it may log in again'),
    async () => (await import('./user-access.ts')).userAccess,
  );
}

function addMigrateVerbs(program: Command, addVerb: AddVerb): void {
  const verb: AddVerb = (command, load) =>
    addVerb(command, async () => (await import('./migrate-targets.ts')).explainTargets(await load()));
  const migrate = program.command('migrate').description('the schema of the database');
  verb(
    migrate
      .command('upgrade')
      .description('apply what is missing; safe to run twice, at once, and after a crash')
      .argument('[revision]', 'head (default), heads, a revision or its beginning, label@head, +1, <revision>+1'),
    async () => (await import('./migrate-upgrade.ts')).migrateUpgrade,
  );
  verb(
    migrate
      .command('current')
      .description('print where the database is; exit code 1 when this code wants it elsewhere'),
    async () => (await import('./migrate-current.ts')).migrateCurrent,
  );
  verb(
    migrate
      .command('downgrade')
      .description('print what would be reverted, and with --yes revert it')
      .argument('<revision>', 'the one that stays, base, -1, label@base')
      .option('--yes', 'really revert it'),
    async () => (await import('./migrate-downgrade.ts')).migrateDowngrade,
  );
  addGraphVerbs(migrate, verb);
  addFileVerbs(migrate, verb);
}

/** What the files alone answer: no database is needed. */
function addGraphVerbs(migrate: Command, verb: AddVerb): void {
  verb(
    migrate
      .command('history')
      .description('list the revisions of this code, newest first; needs no database')
      .argument('[range]', 'a:b, both included; either may be left out'),
    async () => (await import('./migrate-history.ts')).migrateHistory,
  );
  verb(
    migrate.command('heads').description("list the revisions that are no other one's parent; needs no database"),
    async () => (await import('./migrate-history.ts')).migrateHeads,
  );
  verb(
    migrate.command('branches').description('list where the graph forks; needs no database'),
    async () => (await import('./migrate-history.ts')).migrateBranches,
  );
  verb(
    migrate
      .command('show')
      .description('print one revision; needs no database')
      .argument('<revision>', 'a revision or its beginning, a label, head'),
    async () => (await import('./migrate-history.ts')).migrateShow,
  );
}

/** What writes a file into migrations/. */
function addFileVerbs(migrate: Command, verb: AddVerb): void {
  verb(
    migrate
      .command('revision')
      .description('write the file of a new revision, to be filled in; prints its path')
      .requiredOption('-m, --message <text>', 'its summary')
      .option('--head <revision>', 'its parent, instead of the head: base, label@head')
      .option('--splice', 'let the parent have children already: a new branch begins')
      .option('--branch-label <label...>', 'names for its branch')
      .option('--depends-on <revision...>', 'what must be applied before, by id or label')
      .option('--phase <phase>', 'baseline, expand, backfill or contract (default: expand)'),
    async () => (await import('./migrate-revision.ts')).migrateRevision,
  );
  verb(
    migrate
      .command('merge')
      .description('write a revision that joins heads and changes nothing; prints its path')
      .argument('[revisions...]', 'two heads or more, instead of all')
      .requiredOption('-m, --message <text>', 'its summary')
      .option('--branch-label <label...>', 'names for its branch'),
    async () => (await import('./migrate-revision.ts')).migrateMerge,
  );
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
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${rows.join('\n')}`;
}
