/** Talk and progress for the person who waits, on stderr. */
export interface Talk {
  /** One line that stays. */
  readonly say: (line: string) => void;
  /**
   * Where something is now. On a terminal the line is written over by the next one; elsewhere it is a line like others, at
   * most one every few seconds.
   */
  readonly update: (line: string) => void;
}

export interface TalkOptions {
  readonly write: (text: string) => void;
  /** Characters in a line of the terminal; left out: `write` is none, and cannot erase a line. */
  readonly columns?: number;
  readonly now: () => number;
  /** Does something when the work at hand waits; left out: at once. */
  readonly later?: (work: () => void) => void;
}

const quietMs = 5_000;
const eraseLine = '\r\u001B[K';

/** Ends with a `say` or an `end`: what was only updated does not stay. */
export function createTalk(options: TalkOptions): Talk & { end: () => void } {
  const { columns, now, later = (work) => work() } = options;
  let shown = false;
  let pending = '';
  // A line is a system call, and the next statement goes first: the person who reads is slower than either.
  const write = (text: string): void => {
    pending += text;
    if (pending === text) later(flush);
  };
  const flush = (): void => {
    if (pending !== '') options.write(pending);
    pending = '';
  };
  let lastAt = Number.NEGATIVE_INFINITY;
  const erase = (): string => {
    const text = shown ? eraseLine : '';
    shown = false;
    return text;
  };
  return {
    say(line) {
      write(`${erase()}${line}\n`);
      lastAt = now();
    },
    update(line) {
      if (columns !== undefined) {
        // A longer one would wrap, and only its last part could be erased.
        write(
          `${erase()}${Array.from(line)
            .slice(0, columns - 1)
            .join('')}`,
        );
        shown = true;
      } else if (now() - lastAt >= quietMs) {
        write(`${line}\n`);
        lastAt = now();
      }
    },
    end() {
      const text = erase();
      if (text !== '') write(text);
      flush();
    },
  };
}
