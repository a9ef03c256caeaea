export interface SharedRuns<Answer> {
  /** Runs the work of this key, for everybody who asked for the same key before it began. */
  join(key: string, work: () => Promise<Answer>): Promise<Answer>;
}

interface Run<Answer> {
  answer: Promise<Answer>;
  /** Begins when this one has ended; whoever comes until then is part of it. */
  next?: Promise<Answer>;
}

/**
 * Many callers, few runs. Nobody is given the answer of a run that had begun before he asked: it may have been decided
 * before something that he already knows to be over, such as a logout.
 */
export function createSharedRuns<Answer>(): SharedRuns<Answer> {
  const runs = new Map<string, Run<Answer>>();

  function start(key: string, work: () => Promise<Answer>): Promise<Answer> {
    const run: Run<Answer> = { answer: work() };
    runs.set(key, run);
    const leave = () => {
      if (run.next === undefined) runs.delete(key);
    };
    run.answer.then(leave, leave);
    return run.answer;
  }

  return {
    join(key, work) {
      const run = runs.get(key);
      if (run === undefined) return start(key, work);
      run.next ??= run.answer.then(
        () => start(key, work),
        () => start(key, work),
      );
      return run.next;
    },
  };
}
