/**
 * The floor: the same two routes, tables and SQL on nothing but node:http and pg, with what any honest program must do:
 * check the token, bound and check the input, answer the same bytes. No framework, log, metric, limit or deadline.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool, types } from 'pg';

const { DATABASE_URL = '', JWT_SECRET = '', PORT = '0', POOL_MAX = '10' } = process.env;
const maxBodyBytes = 1_048_576;

types.setTypeParser(types.builtins.TIMESTAMP, toIso);
const pool = new Pool({ connectionString: DATABASE_URL, max: Number(POOL_MAX), idleTimeoutMillis: 0 });

const columns =
  '"title","description","due_datetime","priority","is_completed","id","user_id","created_at","updated_at"';
const listTasks = `select ${columns},
  (select count(*)::int from "task" where "user_id" = $1) as "total"
  from "task" where "user_id" = $1 order by "created_at" desc, "id" desc limit $2 offset $3`;
const findTask = `select ${columns} from "task" where "id" = $1 and "user_id" = $2`;
const insertTask = `insert into "task" (${columns},"owner_id")
  values ($1, $2, $3, $4, $5, $6, $7, (clock_timestamp() at time zone 'utc'), (clock_timestamp() at time zone 'utc'), $7)
  returning ${columns}`;
const priorities = ['urgent_important', 'not_urgent_important', 'urgent_not_important', 'not_urgent_not_important'];

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

interface Task {
  priority: string;
  total?: number | undefined;
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => send(response, status, body),
    (error: unknown) => {
      if (error instanceof Refusal) return send(response, error.status, { detail: error.message });
      console.error(error);
      send(response, 500, { detail: 'Internal Server Error' });
    },
  );
});
server.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close(() => void pool.end());
  server.closeAllConnections();
});

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const { method, url = '/' } = request;
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (path === '/health' && method === 'GET') return { status: 200, body: { status: 'healthy' } };
  if (path === '/api/tasks' && method === 'GET') return list(request, mark < 0 ? '' : url.slice(mark + 1));
  if (path === '/api/tasks' && method === 'POST') return create(request);
  if (path.startsWith('/api/tasks/') && method === 'GET') return read(request, path.slice('/api/tasks/'.length));
  throw new Refusal(404, 'Not Found');
}

async function list(request: IncomingMessage, query: string) {
  const userId = authenticate(request);
  const params = new URLSearchParams(query);
  const limit = integer(params.get('limit'), { otherwise: 50, min: 1, max: 100 });
  const offset = integer(params.get('offset'), { otherwise: 0, min: 0, max: 2 ** 53 - 1 });
  const { rows } = await pool.query<Task>({ name: 'list', text: listTasks, values: [userId, limit, offset] });
  const total = rows[0]?.total ?? 0;
  return { status: 200, body: { success: true, data: { tasks: rows.map(toWire), total_count: total, limit, offset } } };
}

async function read(request: IncomingMessage, id: string) {
  const userId = authenticate(request);
  if (!isUuid(id)) throw new Refusal(422, 'Input should be a valid UUID');
  const { rows } = await pool.query<Task>({ name: 'find', text: findTask, values: [id, userId] });
  if (!rows[0]) throw new Refusal(404, 'Task not found');
  return { status: 200, body: { success: true, data: toWire(rows[0]) } };
}

async function create(request: IncomingMessage) {
  const body = await readJson(request);
  const userId = authenticate(request);
  const { title, description = null, due_datetime = null, priority, is_completed = false } = body;
  if (typeof title !== 'string' || title.length > 255) throw new Refusal(422, 'title');
  if (description !== null && typeof description !== 'string') throw new Refusal(422, 'description');
  if (due_datetime !== null && !isDateTime(due_datetime)) throw new Refusal(422, 'due_datetime');
  if (typeof is_completed !== 'boolean') throw new Refusal(422, 'is_completed');
  if (typeof priority !== 'string' || !priorities.includes(priority)) throw new Refusal(400, 'Invalid priority value.');
  const values = [title, description, due_datetime, priority.toUpperCase(), is_completed, randomUUID(), userId];
  const { rows } = await pool.query<Task>({ name: 'insert', text: insertTask, values });
  if (!rows[0]) throw new TypeError('INSERT … RETURNING gave no row');
  return { status: 201, body: { success: true, data: toWire(rows[0]) } };
}

/** HS256 and nothing else; `exp` is required; the user is `user_id`. */
function authenticate(request: IncomingMessage): string {
  const { authorization } = request.headers;
  if (!authorization?.startsWith('Bearer ')) throw new Refusal(401, 'Not authenticated');
  const [header, payload, signature, ...more] = authorization.slice(7).split('.');
  if (!header || !payload || !signature || more.length > 0) throw new Refusal(401, 'Could not validate credentials');
  const expected = createHmac('sha256', JWT_SECRET).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  const genuine = given.length === expected.length && timingSafeEqual(given, expected);
  if (!genuine || parse(header)['alg'] !== 'HS256') throw new Refusal(401, 'Could not validate credentials');
  const { exp, user_id } = parse(payload);
  if (typeof exp !== 'number' || exp <= Date.now() / 1000) throw new Refusal(401, 'Could not validate credentials');
  if (typeof user_id !== 'string' || !isUuid(user_id)) throw new Refusal(401, 'Invalid user_id in token');
  return user_id;
}

function parse(segment: string): Record<string, unknown> {
  return toRecord(JSON.parse(Buffer.from(segment, 'base64url').toString()));
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('text instead of bytes');
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Refusal(413, 'Request body too large');
  }
  try {
    return toRecord(JSON.parse(Buffer.concat(chunks).toString()));
  } catch {
    throw new Refusal(422, 'JSON decode error');
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function integer(text: string | null, range: { otherwise: number; min: number; max: number }): number {
  if (text === null) return range.otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < range.min || value > range.max) throw new Refusal(422, 'integer');
  return value;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

function isDateTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$/.test(value);
}

/** Rows are ours alone, so they are changed in place; JSON leaves out what is undefined. */
function toWire(row: Task): Task {
  row.priority = row.priority.toLowerCase();
  row.total = undefined;
  return row;
}

/** `2026-01-01 00:00:00.12` → `2026-01-01T00:00:00.120000`, as the incumbent writes it. */
function toIso(text: string): string {
  const iso = `${text.slice(0, 10)}T${text.slice(11)}`;
  return iso.length > 19 ? iso.padEnd(26, '0') : iso;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
