import { isBuiltin } from 'node:module';
import { type SourceImport, withoutImports } from './imports.ts';
import type { Token } from './tokens.ts';

/** What a file may do to the world outside its own functions. The skills' manifest grants these by folder. */
export const effects = [
  'env', // reads process.env, or lets the whole process object out
  'console',
  'stdio', // process.stdin, stdout, stderr
  'exit', // ends the process or sets its exit code
  'signal', // listens to the process: signals, unhandled rejections
  'fs',
  'net', // opens or accepts connections: node:net, node:http, fetch, …
  'child-process', // starts or signals other processes
  'worker', // node:worker_threads, node:cluster
  'pool', // makes PostgreSQL connections
  'sql', // contains SQL text
  'token', // signs or verifies: jose, HMAC, signatures, key derivation
  'crypto', // node:crypto
  'random',
  'clock', // reads the time
  'timer',
  'status', // sets an HTTP status
  'module', // loads code by other means than an import
  'eval',
] as const;
export type Effect = (typeof effects)[number];

export interface SourceEffect {
  effect: Effect;
  /** What was seen, for the finding. */
  evidence: string;
  line: number;
}

/** Effects of the file's code and of what it imports at run time. Types have none. */
export function scanEffects(source: readonly Token[], imports: readonly SourceImport[]): SourceEffect[] {
  const tokens = withoutImports(source);
  const fromTokens = tokens.flatMap((token, at) => {
    const seen = tokenEffect(tokens, at);
    return seen ? [{ effect: seen[0], evidence: seen[1], line: token.line }] : [];
  });
  const fromImports = imports.filter((item) => !item.typeOnly).flatMap(importEffects);
  return [...fromTokens, ...fromImports].toSorted((a, b) => a.line - b.line);
}

/** The effects of one run-time import; also tells which imported names start something when they are called. */
export function importEffects(item: SourceImport): SourceEffect[] {
  const { specifier, line } = item;
  if (specifier === null || item.kind === 'resolve' || item.kind === 'file') return [];
  const names = item.names.filter((name) => !name.typeOnly).map((name) => name.imported);
  const evidence = `import of ${specifier}`;
  return effectsOfModule(specifier, names).map((effect) => ({ effect, evidence, line }));
}

const builtinEffects: Readonly<Record<string, readonly Effect[]>> = {
  fs: ['fs'],
  net: ['net'],
  http: ['net'],
  https: ['net'],
  http2: ['net'],
  tls: ['net'],
  dns: ['net'],
  dgram: ['net'],
  inspector: ['net'],
  child_process: ['child-process'],
  worker_threads: ['worker'],
  cluster: ['worker'],
  timers: ['timer'],
  module: ['module'],
  vm: ['eval'],
  process: ['env'],
  console: ['console'],
  repl: ['eval'],
  sqlite: ['fs'],
  wasi: ['eval'],
  readline: ['stdio'],
  tty: ['stdio'],
};

/** Modules that only compute. Any other module of Node counts as `module` until someone says here what it does. */
const pureBuiltins = new Set(
  'assert async_hooks buffer constants crypto diagnostics_channel events os path perf_hooks punycode querystring stream string_decoder test url util v8 zlib'.split(
    ' ',
  ),
);

/** What effectful modules offer that only computes. */
const harmlessNames: Readonly<Record<string, readonly string[]>> = {
  net: ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'],
  http: ['STATUS_CODES', 'METHODS', 'maxHeaderSize'],
  module: ['isBuiltin', 'builtinModules', 'stripTypeScriptTypes'],
};
const tokenNames = /^(create(Hmac|Sign|Verify)|sign|verify|hkdf(Sync)?|webcrypto|subtle)$/;
const randomNames = /^(random|getRandomValues)/;

function effectsOfModule(specifier: string, names: readonly string[]): readonly Effect[] {
  const whole = names.includes('*') || names.includes('default');
  if (specifier === 'jose') return ['token'];
  if (specifier === 'pg' || specifier.startsWith('pg/'))
    return whole || names.some((name) => /^(Pool|Client|Connection)$/.test(name)) ? ['pool'] : [];
  if (specifier === 'drizzle-orm') return names.includes('sql') || whole ? ['sql'] : [];
  if (!isBuiltin(specifier)) return [];
  const name = specifier.replace(/^node:/, '').split('/')[0] ?? '';
  if (names.length > 0 && names.every((imported) => harmlessNames[name]?.includes(imported))) return [];
  if (name === 'crypto') return cryptoEffects(names, whole);
  return builtinEffects[name] ?? (pureBuiltins.has(name) ? [] : ['module']);
}

function cryptoEffects(names: readonly string[], whole: boolean): Effect[] {
  const found: Effect[] = ['crypto'];
  if (whole || names.some((name) => tokenNames.test(name))) found.push('token');
  if (whole || names.some((name) => randomNames.test(name))) found.push('random');
  return found;
}

type Seen = readonly [Effect, string];

function tokenEffect(tokens: readonly Token[], at: number): Seen | undefined {
  const token = tokens[at];
  if (token?.kind === 'string' || token?.kind === 'template') return textEffect(tokens, at, token);
  if (token?.kind !== 'word') return undefined;
  const before = tokens[at - 1]?.text;
  if (before === '.' || before === '?.') return memberEffect(tokens, at, token);
  if (isName(tokens, at)) return undefined;
  if (token.text === 'process') return processEffect(tokens, at);
  return globalEffect(tokens, at, token);
}

/** A key of an object or a type, a declared name, a label: not a use. */
function isName(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1]?.text;
  const before = tokens[at - 1]?.text ?? '';
  if (['function', 'class', 'interface', 'type', 'const', 'let'].includes(before)) return true;
  if (next === '?' && tokens[at + 2]?.text === ':') return true;
  return next === ':' && ['{', ',', ';', '(', 'readonly'].includes(before);
}

const processMembers: Readonly<Record<string, Effect>> = {
  env: 'env',
  exit: 'exit',
  exitCode: 'exit',
  abort: 'exit',
  kill: 'child-process',
  reallyExit: 'exit',
  on: 'signal',
  once: 'signal',
  off: 'signal',
  addListener: 'signal',
  removeListener: 'signal',
  removeAllListeners: 'signal',
  stdin: 'stdio',
  stdout: 'stdio',
  stderr: 'stdio',
  hrtime: 'clock',
  nextTick: 'timer',
  getBuiltinModule: 'module',
  dlopen: 'module',
  binding: 'module',
  loadEnvFile: 'env',
};

/** `process.platform` and the like are harmless; the object itself, or a computed member, may be anything. */
function processEffect(tokens: readonly Token[], at: number): Seen | undefined {
  const mark = tokens[at + 1]?.text;
  if (mark !== '.' && mark !== '?.') return ['env', 'process'];
  const member = tokens[at + 2]?.text ?? '';
  const effect = Object.hasOwn(processMembers, member) ? processMembers[member] : undefined;
  return effect && [effect, `process.${member}`];
}

function memberEffect(tokens: readonly Token[], at: number, token: Token): Seen | undefined {
  const owner = tokens[at - 2]?.text;
  if (owner === 'globalThis' && token.text === 'process') return processEffect(tokens, at);
  if (owner === 'globalThis' || owner === 'global') return globalEffect(tokens, at, token);
  if (tokens[at + 1]?.text !== '(') return undefined;
  if (token.text === 'code' || token.text === 'status' || token.text === 'writeHead') {
    return owner === 'reply' || owner === 'response' || owner === ')'
      ? ['status', `${owner}.${token.text}()`]
      : undefined;
  }
  if (owner === 'Date' && token.text === 'now') return ['clock', 'Date.now()'];
  if (owner === 'performance' && token.text === 'now') return ['clock', 'performance.now()'];
  if (owner === 'Math' && token.text === 'random') return ['random', 'Math.random()'];
  if (owner === 'crypto' && randomNames.test(token.text)) return ['random', `crypto.${token.text}()`];
  if (owner === 'AbortSignal' && token.text === 'timeout') return ['timer', 'AbortSignal.timeout()'];
  return undefined;
}

function globalEffect(tokens: readonly Token[], at: number, token: Token): Seen | undefined {
  const { text } = token;
  const isNew = tokens[at - 1]?.text === 'new';
  const called = tokens[at + 1]?.text === '(';
  // The global object itself, or a computed member of it, may be anything.
  if (text === 'globalThis' && !/^[.]|^\?\.$/.test(tokens[at + 1]?.text ?? '')) return ['env', text];
  if (text === 'console') return ['console', 'console'];
  if (/^set(Timeout|Interval|Immediate)$|^queueMicrotask$/.test(text)) return ['timer', text];
  if (text === 'fetch' || ((text === 'WebSocket' || text === 'EventSource') && isNew)) return ['net', text];
  if (text === 'eval') return ['eval', 'eval'];
  if (text === 'Function' && (isNew || called)) return ['eval', 'Function'];
  if (text === 'Date' && isNew && called && tokens[at + 2]?.text === ')') return ['clock', 'new Date()'];
  if (text === 'subtle') return ['token', 'WebCrypto'];
  return undefined;
}

const sqlText = [
  /^(with\s+(recursive\s+)?[\w"]+\s*(\([^)]*\)\s*)?as\s+(not\s+|materialized\s+)*\()/i,
  /^(?:select|SELECT)\s+(?=[\w"'$(*:])[\s\S]*?(\b(?:from|FROM)\s+["\w$(]|\w\s*\()/,
  /^(?:select|SELECT)\s+(\d+|\$\{\}|\$\d|'[^']*')\s*(as\s|AS\s|;|$|,)/,
  /^insert\s+into\s+["\w$]/i,
  /^update\s+(only\s+)?["\w$.{}]+\s+(as\s+\w+\s+)?set\s/i,
  /^delete\s+from\s+["\w$]/i,
  /^(create|alter|drop)\s+(or\s+replace\s+)?(unique\s+|temp(orary)?\s+|unlogged\s+)?(table|index|schema|type|view|materialized|sequence|function|trigger|role|database|extension|domain|policy)\s+(concurrently\s+)?(if\s+(not\s+)?exists\s+)?["\w$]/i,
  /^truncate\s+(table\s+)?["\w$]+\s*(,|;|$|cascade|restart)/i,
  /^set\s+(local|session)\s+[\w.]+\s*(=|to)\s*\S/i,
  /^(SET|set)\s+(search_path|timezone|TimeZone|role|\w+_timeout|SEARCH_PATH|TIMEZONE|ROLE|\w+_TIMEOUT)\b/,
  /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LISTEN|NOTIFY|VACUUM|ANALYZE|REINDEX|LOCK TABLE|SHOW|RESET|DISCARD|COPY)\b(?=[\s;]|$)/,
  /^(begin|commit|rollback)(\s+(transaction|work|isolation|read)\b.*)?;\s*$/i,
];

function textEffect(tokens: readonly Token[], at: number, token: Token): Seen | undefined {
  const text = token.text.replace(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/, '');
  if (token.kind === 'template' && isSqlTag(tokens, at)) return ['sql', 'sql`…`'];
  return sqlText.some((pattern) => pattern.test(text)) ? ['sql', `the text '${text.slice(0, 30)}…'`] : undefined;
}

/** `sql\`…\`` and `sql<number>\`…\``, under whatever name it is a member of. */
function isSqlTag(tokens: readonly Token[], at: number): boolean {
  let tag = at - 1;
  if (tokens[tag]?.text === '>') {
    while (tag > 0 && tokens[tag]?.text !== '<') tag -= 1;
    tag -= 1;
  }
  return tokens[tag]?.kind === 'word' && tokens[tag]?.text === 'sql';
}
