import type { Syntax } from './pattern-syntax.ts';

// Thompson's construction, run as a deterministic automaton that is made as far as texts need it: each code point is
// looked at once, whatever the pattern is. Only whether a text matches is asked, so there are no groups to remember.

/** Tells whether some part of the text matches. Undefined: the pattern is larger than any that is meant. */
export function compileAutomaton(syntax: Syntax): ((text: string) => boolean) | undefined {
  const nodes: Node[] = [{ kind: 'match' }];
  const start = addNodes(syntax, 0, nodes);
  if (start === undefined) return undefined;
  return (text) => new Run(nodes, start).test(text);
}

type Node =
  | { readonly kind: 'match' }
  | { readonly kind: 'atom'; readonly pattern: RegExp; readonly next: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { kind: 'split'; readonly next: number; other: number };

/** Counted repetitions are written out. */
const mostNodes = 5000;

/** Adds the nodes of a part that goes on at `next`; where it begins. */
function addNodes(syntax: Syntax, next: number, nodes: Node[]): number | undefined {
  if (nodes.length > mostNodes) return undefined;
  if (syntax.kind === 'atom') {
    return nodes.push({ kind: 'atom', pattern: new RegExp(`^${syntax.source}$`, 'u'), next }) - 1;
  }
  if (!('parts' in syntax) && syntax.kind !== 'repeat') return nodes.push({ kind: syntax.kind, next }) - 1;
  if (syntax.kind === 'repeat') return addRepetition(syntax, next, nodes);
  if (syntax.kind === 'any') return addAlternatives(syntax.parts, next, nodes);
  return syntax.parts.reduceRight<number | undefined>((at, part) => {
    return at === undefined ? undefined : addNodes(part, at, nodes);
  }, next);
}

function addAlternatives(parts: readonly Syntax[], next: number, nodes: Node[]): number | undefined {
  let begin: number | undefined;
  for (const part of parts) {
    const at = addNodes(part, next, nodes);
    if (at === undefined) return undefined;
    begin = begin === undefined ? at : nodes.push({ kind: 'split', next: begin, other: at }) - 1;
  }
  return begin ?? next;
}

function addRepetition(
  { part, min, max }: Extract<Syntax, { kind: 'repeat' }>,
  next: number,
  nodes: Node[],
): number | undefined {
  let at: number | undefined = next;
  if (max === Number.POSITIVE_INFINITY) {
    const loop: Node = { kind: 'split', next, other: next };
    at = nodes.push(loop) - 1;
    const body = addNodes(part, at, nodes);
    if (body === undefined) return undefined;
    loop.other = body;
  } else {
    for (let i = min; i < max && at !== undefined; i += 1) {
      const body = addNodes(part, at, nodes);
      at = body === undefined ? undefined : nodes.push({ kind: 'split', next, other: body }) - 1;
    }
  }
  for (let i = 0; i < min && at !== undefined; i += 1) at = addNodes(part, at, nodes);
  return at;
}

/** Where the automaton can be at once, and where it goes from there by code point. */
interface State {
  readonly atoms: readonly number[];
  readonly ends: readonly number[];
  readonly isMatch: boolean;
  readonly steps: Map<number, State>;
}

/** States are forgotten when there are more, so that no text fills the memory. */
const mostStates = 2000;

class Run {
  readonly #nodes: readonly Node[];
  readonly #begin: number;
  #states = new Map<string, State>();

  constructor(nodes: readonly Node[], begin: number) {
    this.#nodes = nodes;
    this.#begin = begin;
  }

  test(text: string): boolean {
    let state = this.#stateOf([this.#begin], true);
    for (let at = 0; at < text.length && !state.isMatch; ) {
      const code = text.codePointAt(at) ?? 0;
      at += code > 0xffff ? 2 : 1;
      state = state.steps.get(code) ?? this.#step(state, code);
    }
    return state.isMatch || this.#matchesAtEnd(state, text === '');
  }

  #step(state: State, code: number): State {
    const character = String.fromCodePoint(code);
    const reached = state.atoms.flatMap((index) => {
      const node = this.#nodes[index];
      return node?.kind === 'atom' && node.pattern.test(character) ? [node.next] : [];
    });
    // A match may begin anywhere.
    const next = this.#stateOf([...reached, this.#begin], false);
    state.steps.set(code, next);
    return next;
  }

  #stateOf(from: readonly number[], atStart: boolean): State {
    const seen = this.#follow(from, { atStart, atEnd: false });
    const key = seen.join();
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const kindOf = (index: number): Node['kind'] | undefined => this.#nodes[index]?.kind;
    const state: State = {
      atoms: seen.filter((index) => kindOf(index) === 'atom'),
      ends: seen.filter((index) => kindOf(index) === 'end'),
      isMatch: seen.includes(0),
      steps: new Map(),
    };
    if (this.#states.size >= mostStates) this.#states = new Map();
    this.#states.set(key, state);
    return state;
  }

  #matchesAtEnd({ ends }: State, isEmpty: boolean): boolean {
    return ends.length > 0 && this.#follow(ends, { atStart: isEmpty, atEnd: true }).includes(0);
  }

  /** Every node that is reached without a code point, in order. */
  #follow(from: readonly number[], { atStart, atEnd }: { atStart: boolean; atEnd: boolean }): number[] {
    const seen = new Set<number>();
    const open = [...from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const node = this.#nodes[index];
      if (node?.kind === 'split') open.push(node.next, node.other);
      else if ((node?.kind === 'start' && atStart) || (node?.kind === 'end' && atEnd)) open.push(node.next);
    }
    return [...seen].toSorted((a, b) => a - b);
  }
}
