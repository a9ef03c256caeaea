import { globalOptions } from './global-options.ts';
import type { VerbEntry } from './verb.ts';

export interface PlainCall {
  readonly entry: VerbEntry;
  /** Of the verb, its arguments among them, by name. */
  readonly options: never;
  /** The options that every verb takes, by name. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/**
 * A command line that is no more than a verb, its arguments, and options that are written out, each once: most are, and commander
 * takes longer to load than such a verb takes to answer. Undefined for everything else, mistakes and calls for help among them: what
 * it means is commander's to say. A test holds both to the same answers.
 */
export function findPlainCall(entries: readonly VerbEntry[], args: readonly string[]): PlainCall | undefined {
  for (const entry of entries) {
    const verb = entry.name.split(' ');
    if (!verb.every((word) => args.includes(word))) continue;
    const read = readWords(entry, args);
    if (!read || verb.some((word, at) => read.words[at] !== word)) continue;
    const given = readArguments(entry, read.words.slice(verb.length));
    if (!given) return undefined;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the entry declares is what its verb takes; commander has no type for it either
    return { entry, options: { ...read.options, ...given } as never, flags: read.flags };
  }
  return undefined;
}

interface ReadWords {
  readonly words: string[];
  readonly options: Record<string, unknown>;
  readonly flags: Record<string, unknown>;
}

function readWords(entry: VerbEntry, args: readonly string[]): ReadWords | undefined {
  const own = [...(entry.options ?? []), ...(entry.required ?? [])].map(([syntax]) => syntax);
  // One that negates has a value also where it is not given.
  if (own.some((syntax) => syntax.includes('--no-'))) return undefined;
  const verbLength = entry.name.split(' ').length;
  const read: ReadWords = { words: [], options: {}, flags: {} };
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '') return undefined;
    if (!word.startsWith('-')) {
      read.words.push(word);
      continue;
    }
    // Before the verb only what every verb takes is known.
    const isOwn = read.words.length >= verbLength && own.some((syntax) => namesOption(syntax, word));
    const syntax = isOwn ? own.find((one) => namesOption(one, word)) : findGlobal(word);
    const into = isOwn ? read.options : read.flags;
    const name = camelCase(word);
    if (syntax === undefined || name in into) return undefined;
    if (!syntax.includes('<')) into[name] = true;
    else {
      at += 1;
      const value = args[at] ?? '';
      if (value === '' || value.startsWith('-')) return undefined;
      into[name] = value;
    }
  }
  const isComplete = (entry.required ?? []).every(([syntax]) => args.some((word) => namesOption(syntax, word)));
  return isComplete ? read : undefined;
}

function findGlobal(word: string): string | undefined {
  return globalOptions.map(([syntax]) => syntax).find((syntax) => namesOption(syntax, word));
}

/** `--yes` and `-m, --message <text>` are; an option of several values is left to commander. */
function namesOption(syntax: string, word: string): boolean {
  const [, long] = /^(?:-\w, )?(--[a-z][a-z-]*)(?: <[^<>.]+(?:\.[^<>.]+)*>)?$/.exec(syntax) ?? [];
  return long === word;
}

function camelCase(option: string): string {
  return option.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Those that are left out, too, as undefined. */
function readArguments({ arguments: wanted = [] }: VerbEntry, words: readonly string[]): object | undefined {
  if (words.length > wanted.length) return undefined;
  const given: [string, string | undefined][] = [];
  for (const [at, [syntax]] of wanted.entries()) {
    const [, open, name] = /^([<[])([\w-]+)[>\]]$/.exec(syntax) ?? [];
    if (name === undefined || (open === '<' && words[at] === undefined)) return undefined;
    given.push([name, words[at]]);
  }
  return Object.fromEntries(given);
}
