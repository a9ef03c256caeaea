export { MigrationError } from '../errors.ts';
export { againOf, wordsOf } from './again.ts';
export { addCommands } from './commands.ts';
export { compileWasmOnce } from './compile-once.ts';
export { exitOfFault, type MigrateExit, migrateExitCodes } from './exit-codes.ts';
export { pathIn } from './paths.ts';
export {
  doneBefore,
  type FaultOptions,
  findExit,
  findingsOf,
  type Report,
  renderError,
  reportError,
  reportResult,
} from './report.ts';
export { createTalk, type Talk, type TalkOptions } from './talk.ts';
export {
  CliError,
  type CliFinding,
  type MigrateContext,
  type MigrateSettings,
  type Verb,
  type VerbEntry,
  type VerbResult,
} from './verb.ts';
export { migrateVerbs } from './verbs.ts';
