import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { MigrationError } from './errors.ts';
import { placeIn } from './steps/code-fault.ts';

/**
 * Runs a TypeScript file and answers its default export. By checksum: a file that was changed since is another module.
 * Throws `bad_code` with the place, where Node says one.
 */
export async function loadCode(path: string, file: string, checksum: string): Promise<unknown> {
  lendPackage();
  const url = pathToFileURL(path);
  url.searchParams.set('checksum', checksum.slice(0, 12));
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

let isLent = false;

/** For a revision that imports this package where nothing is installed: it gets the one that loads it. */
function lendPackage(): void {
  if (isLent) return;
  isLent = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== '@stanchion/migrate') return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(new URL('index.ts', import.meta.url).href, context);
      }
    },
  });
}
