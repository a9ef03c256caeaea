import { MigrationError, type MigrationFault } from './errors.ts';
import type { Header } from './parse-header.ts';
import type { Revision } from './revision.ts';

/** A file as it was read, with what is wrong with it. */
export interface ReadRevision {
  header: Header & Pick<Revision, 'file'>;
  /** Taken when it is asked for: most readers do not. */
  checksum: () => string;
  /** Only to be used where there is no fault. */
  sections: Pick<Revision, 'up' | 'down' | 'checks'>;
  /** Those of the name and the header: with one of them nobody knows what the file is. */
  headerFaults: readonly MigrationFault[];
  /** All of them, in the order in which they are told. */
  faults: readonly MigrationFault[];
}

/** Throws MigrationError with every fault of the file. */
export function wholeRevision({ header, checksum, sections, faults }: ReadRevision): Revision {
  if (faults.length > 0) throw new MigrationError(faults);
  return {
    ...header,
    get checksum() {
      return checksum();
    },
    ...sections,
  };
}

/** For who wants its place in the graph alone: faults of its sections are thrown when one is asked for. Throws those of the header. */
export function outlinedRevision(read: ReadRevision): Revision {
  const { header, checksum, headerFaults, faults } = read;
  if (headerFaults.length > 0) throw new MigrationError(headerFaults);
  if (faults.length === 0) return wholeRevision(read);
  const refuse = (): never => {
    throw new MigrationError(faults);
  };
  return {
    ...header,
    unfinished: faults,
    get checksum() {
      return checksum();
    },
    get up() {
      return refuse();
    },
    get down() {
      return refuse();
    },
  };
}
