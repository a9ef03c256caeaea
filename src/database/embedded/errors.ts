export type EmbeddedErrorCode =
  /** Another process of ours uses the folder; `pid` says which. */
  | 'data_folder_locked'
  | 'data_folder_read_only'
  | 'data_folder_full'
  /** The folder was made by another major version of PostgreSQL, or is not a database. */
  | 'data_folder_version'
  | 'binaries_missing'
  | 'start_failed';

/** The message says what is wrong and how to mend it, for the person at the terminal. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
  readonly code: EmbeddedErrorCode;
  /** Of the process that uses the folder, where it is known. */
  readonly pid: number | undefined;

  constructor(code: EmbeddedErrorCode, message: string, options: { cause?: unknown; pid?: number | undefined } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.pid = options.pid;
  }
}

/** Runs something on the data folder; the file system's refusals become our codes, all else passes through. */
export function withFolderErrors<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && notWritable.has(code)) {
      throw new EmbeddedDatabaseError(
        'data_folder_read_only',
        `the data folder ${folder} cannot be written (${code}): let this user write there, or set DATA_DIR to another folder`,
        {
          cause: error,
        },
      );
    }
    if (code === 'ENOSPC' || code === 'EDQUOT') throw folderFull(folder, error);
    throw error;
  }
}

/** A read-only file system, somebody else's folder, a file in the way, or a place like /proc where nothing can be made. */
const notWritable = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'ENOENT']);

export function folderFull(folder: string, cause?: unknown): EmbeddedDatabaseError {
  return new EmbeddedDatabaseError('data_folder_full', `no space is left for the data folder ${folder}`, { cause });
}
