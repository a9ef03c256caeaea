// JSON as a tree of its own text, so that making it smaller never changes how a number or a string is written.

type Tree = { token: string } | { items: Tree[] } | { members: [string, Tree][] };

/** Smaller texts of a JSON text, the smallest first; none when it is no JSON. */
export function* smallerJson(text: string): Generator<string> {
  const reader = new Reader(text);
  const tree = reader.readDocument();
  if (tree === undefined) return;
  for (const smaller of smallerTrees(tree)) yield print(smaller);
}

function* smallerTrees(tree: Tree): Generator<Tree> {
  if ('token' in tree) {
    yield* smallerTokens(tree.token);
    return;
  }
  const children = 'items' in tree ? tree.items : tree.members.map(([, member]) => member);
  yield* children;
  for (const index of children.keys()) {
    if ('items' in tree) yield { items: tree.items.toSpliced(index, 1) };
    else yield { members: tree.members.toSpliced(index, 1) };
  }
  for (const [index, child] of children.entries()) {
    for (const smaller of smallerTrees(child)) {
      if ('items' in tree) yield { items: tree.items.with(index, smaller) };
      else yield { members: tree.members.with(index, [tree.members[index]?.[0] ?? '""', smaller]) };
    }
  }
}

function* smallerTokens(token: string): Generator<Tree> {
  if (!token.startsWith('"')) {
    if (token !== '0') yield { token: '0' };
    return;
  }
  const pieces = [...token.slice(1, -1).matchAll(/\\u[0-9a-fA-F]{4}|\\.|[^]/gu)].map(([piece]) => piece);
  for (const smaller of smallerLists(pieces)) yield { token: `"${smaller.join('')}"` };
}

/** The list without half of it, a quarter, … one entry. */
export function* smallerLists<T>(list: readonly T[]): Generator<T[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < list.length; start += size) yield list.toSpliced(start, size);
  }
}

function print(tree: Tree): string {
  if ('token' in tree) return tree.token;
  if ('items' in tree) return `[${tree.items.map(print).join(',')}]`;
  return `{${tree.members.map(([key, member]) => `${key}:${print(member)}`).join(',')}}`;
}

class Reader {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/"(?:\\.|[^"\\])*"|[[\]{},:]|[^\s[\]{},:"]+/gs) ?? [];
  }

  readDocument(): Tree | undefined {
    const tree = this.#read();
    return this.#at === this.#tokens.length ? tree : undefined;
  }

  #read(): Tree | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token === '[') return this.#readItems();
    if (token === '{') return this.#readMembers();
    return token === undefined || /^[\]},:]$/.test(token) ? undefined : { token };
  }

  #readItems(): Tree | undefined {
    const items: Tree[] = [];
    if (this.#takes(']')) return { items };
    do {
      const item = this.#read();
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.#takes(','));
    return this.#takes(']') ? { items } : undefined;
  }

  #readMembers(): Tree | undefined {
    const members: [string, Tree][] = [];
    if (this.#takes('}')) return { members };
    do {
      const key = this.#tokens[this.#at] ?? '';
      this.#at += 1;
      if (!key.startsWith('"') || !this.#takes(':')) return undefined;
      const member = this.#read();
      if (member === undefined) return undefined;
      members.push([key, member]);
    } while (this.#takes(','));
    return this.#takes('}') ? { members } : undefined;
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }
}
