import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { MigrationError } from './errors.ts';
import { placeIn } from './steps/code-fault.ts';

/**
 * Runs a TypeScript file and answers its default export. By checksum: a file that was changed since is another module.
 * Throws `bad_code` with the place, where Node says one.
 */
export async function loadCode(path: string, file: string, checksum: string): Promise<unknown> {
  hookIn();
  const url = pathToFileURL(path);
  url.searchParams.set('checksum', checksum.slice(0, 12));
  asked.add(url.href);
  try {
    const module: { default?: unknown } = await import(url.href);
    return module.default;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.trim() : String(cause);
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    const hint = isMissing
      ? 'Install it beside the revisions. defineRevision() may be left out: the plain object is the same.'
      : undefined;
    throw new MigrationError(
      {
        code: 'bad_code',
        message: `it cannot be loaded: ${message}`,
        file,
        ...placeIn(cause, file),
        ...(hint === undefined ? {} : { hint }),
      },
      { cause },
    );
  }
}

const asked = new Set<string>();
let isHookedIn = false;

/**
 * A revision is an ES module, also in a project whose package.json says `commonjs`, as that of `npm init` does, or nothing. One that
 * imports this package where nothing is installed gets the one that loads it.
 */
function hookIn(): void {
  if (isHookedIn) return;
  isHookedIn = true;
  // By its name: a path would be another in the form that is installed.
  const own = import.meta.resolve('@stanchion/migrate');
  registerHooks({
    resolve(specifier, context, next) {
      if (asked.has(specifier)) return { ...next(specifier, context), format: 'module-typescript' };
      if (specifier !== '@stanchion/migrate') return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(own, context);
      }
    },
  });
}
