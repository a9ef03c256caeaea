import { MigrationError, targetErrorTable } from '@stanchion/migrate';
import type { Verb } from './program.ts';
import { CliError } from './verb.ts';

/** A verb whose refusals of what was named end with `usage`; its other refusals keep the exit of their code. */
export function explainTargets(verb: Verb): Verb {
  return async (options, context) => {
    try {
      return await verb(options, context);
    } catch (error) {
      if (!(error instanceof MigrationError) || !(error.code in targetErrorTable)) throw error;
      const hint = error.faults.find((fault) => fault.hint !== undefined)?.hint;
      throw new CliError('usage', error.message, hint ?? './stanchion migrate history');
    }
  };
}
