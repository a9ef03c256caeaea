/** One route as Starlette sees it: the path pattern and the methods of one declaration. */
interface TableRoute {
  pattern: RegExp;
  endsInParameter: boolean;
  methods: string[];
}

/**
 * The routes in the order in which they were registered, for the questions that a method-first router cannot answer:
 * does the path exist at all, and which methods does its first route have? Asked only when no route took the request.
 */
export class RouteTable {
  readonly #routes: TableRoute[] = [];
  #deepest = 0;

  add(url: string, methods: string | readonly string[]): void {
    const endsInParameter = /:\w+(?:\([^)]*\))?$/.test(url);
    this.#routes.push({ pattern: patternOf(url, { endsInParameter }), endsInParameter, methods: [methods].flat() });
    this.#deepest = Math.max(this.#deepest, url.split('/').length);
  }

  /** Whether any route's path matches the decoded path. */
  matches(path: string): boolean {
    return this.#routes.some((route) => route.pattern.test(path));
  }

  /** The methods of the first route whose path matches; undefined for an unknown path. */
  findMethods(path: string): readonly string[] | undefined {
    return this.#routes.find((route) => route.pattern.test(path))?.methods;
  }

  /** The path without the line feed behind it that Python's `$` looks past; as it is where a parameter takes it. */
  withoutLineFeed(path: string): string {
    if (!path.endsWith('\n')) return path;
    const route = this.#routes.find(({ pattern }) => pattern.test(path));
    return route === undefined || route.endsInParameter ? path : path.slice(0, -1);
  }

  /** A path deeper than every route, so that no parameter of the router can take it. */
  get unmatchablePath(): string {
    return '/%00'.repeat(this.#deepest + 1);
  }
}

function patternOf(url: string, { endsInParameter }: { endsInParameter: boolean }): RegExp {
  const source = url
    .split(/(:\w+(?:\([^)]*\))?|\*)/)
    .map((part, index) => {
      if (index % 2 === 0) return RegExp.escape(part);
      return part === '*' ? '.*' : '[^/]+';
    })
    .join('');
  return new RegExp(`^${source}${endsInParameter ? '' : '\\n?'}$`, 's');
}
