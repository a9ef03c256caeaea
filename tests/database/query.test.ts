import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { and, count, desc, eq, sql } from 'drizzle-orm';
import { bigint, boolean, customType, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bindValues, defineQuery, defineSql } from '../../src/database/query.ts';
import type { Query } from '../../src/database/types.ts';
import { createTestDatabase } from '../support/postgres.ts';

const notes = pgTable('notes', {
  id: uuid().primaryKey(),
  author: text().notNull(),
  body: jsonb(),
  pinned: boolean().notNull(),
  created_at: timestamp({ mode: 'string' }).notNull(),
});

const noteId = '7b0e7c6c-58b4-4a53-a7e9-2f2b9c4a3a10';

describe('defineQuery', () => {
  test('builds the SQL once, on first use', () => {
    let built = 0;
    const query = defineQuery('notes_all', (db) => {
      built += 1;
      return db.select({ id: notes.id }).from(notes);
    });
    assert.equal(built, 0);
    assert.equal(query.compiled(), query.compiled());
    assert.equal(built, 1);
  });

  test('binds placeholders by name and constants in their place', () => {
    const query = defineQuery('notes_pinned', (db) =>
      db
        .select({ id: notes.id })
        .from(notes)
        .where(and(eq(notes.author, sql.placeholder('author')), eq(notes.pinned, true)))
        .orderBy(desc(notes.created_at))
        .limit(sql.placeholder('limit')),
    );
    assert.deepEqual(bindValues(query.compiled(), { limit: 5, author: 'a', unused: 1 }), ['a', true, 5]);
  });

  test('infers the row from the builder', () => {
    const query = defineQuery('notes_counted', (db) =>
      db.select({ author: notes.author, total: sql<number>`count(*)::int`.as('total') }).from(notes),
    );
    const row: Query<{ author: string; total: number }> = query;
    // @ts-expect-error the author is no number
    const wrong: Query<{ author: number; total: number }> = query;
    assert.equal(row, wrong);
  });

  test('refuses to run without a value for a placeholder', () => {
    const query = defineQuery('notes_of', (db) =>
      db
        .select({ id: notes.id })
        .from(notes)
        .where(eq(notes.author, sql.placeholder('author'))),
    );
    assert.throws(() => bindValues(query.compiled(), { autor: 'a' }), /no value for the placeholder "author"/);
  });

  test('refuses a key that is not the name of its column', () => {
    const query = defineQuery('notes_renamed', (db) => db.select({ createdAt: notes.created_at }).from(notes));
    assert.throws(() => query.compiled(), /the key "createdAt" is the column "created_at"/);
  });

  test('refuses an expression without an alias, and one with another alias', () => {
    const bare = defineQuery('notes_bare', (db) => db.select({ total: count() }).from(notes));
    const other = defineQuery('notes_other', (db) => db.select({ total: sql<number>`1`.as('n') }).from(notes));
    assert.throws(() => bare.compiled(), /"total" has no alias/);
    assert.throws(() => other.compiled(), /"total" is the column "n"/);
  });

  test('refuses the nested rows of a join without a selection', () => {
    const query = defineQuery('notes_joined', (db) =>
      db
        .select()
        .from(notes)
        .innerJoin(pgTable('authors', { name: text() }), sql`true`),
    );
    assert.throws(() => query.compiled(), /nested/);
  });

  test('refuses columns whose values the rows would not hold', () => {
    const upper = customType<{ data: string }>({ dataType: () => 'text', fromDriver: (value) => String(value) });
    const odd = pgTable('odd', { at: timestamp(), big: bigint({ mode: 'bigint' }), loud: upper() });
    assert.throws(() => defineQuery('a', (db) => db.select({ at: odd.at }).from(odd)).compiled(), /PgTimestamp/);
    assert.throws(() => defineQuery('b', (db) => db.select({ big: odd.big }).from(odd)).compiled(), /PgBigInt64/);
    assert.throws(() => defineQuery('c', (db) => db.select({ loud: odd.loud }).from(odd)).compiled(), /PgCustomColumn/);
  });

  test('accepts a custom type that maps nothing', () => {
    const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
    const files = pgTable('files', { content: bytes() });
    const query = defineQuery('files_all', (db) => db.select({ content: files.content }).from(files));
    assert.equal(query.compiled().text, 'select "content" from "files"');
  });

  test('checks what insert, update and delete return', () => {
    const renamed = { key: notes.id };
    const built = [
      defineQuery('i', (db) =>
        db.insert(notes).values({ id: '', author: '', pinned: true, created_at: '' }).returning(renamed),
      ),
      defineQuery('u', (db) => db.update(notes).set({ pinned: true }).returning(renamed)),
      defineQuery('d', (db) => db.delete(notes).returning(renamed)),
    ];
    for (const query of built) assert.throws(() => query.compiled(), /the key "key" is the column "id"/);
  });

  test('tells reads from writes', () => {
    const isReadOnly = (query: Query<unknown>) => query.compiled().readOnly;
    const select = defineQuery('s', (db) => db.select({ id: notes.id }).from(notes));
    const locking = defineQuery('l', (db) => db.select({ id: notes.id }).from(notes).for('update'));
    const remove = defineQuery('d', (db) => db.delete(notes));
    const writingCte = defineQuery('w', (db) => {
      const gone = db.$with('gone').as(db.delete(notes).returning({ id: notes.id }));
      return db.with(gone).select({ id: gone.id }).from(gone);
    });
    assert.deepEqual([select, locking, remove, writingCte].map(isReadOnly), [true, false, false, false]);
  });

  test('refuses names that a prepared statement cannot have', () => {
    for (const name of ['', 'a b', 'Upper', `x${'y'.repeat(63)}`]) {
      assert.throws(() => defineSql(name, sql`select 1`), TypeError, name);
    }
  });
});

describe('a defined query on the database', async () => {
  const { db, sql: run } = await createTestDatabase(undefined, { content: 'empty' });
  await run(`create table notes (id uuid primary key, author text not null, body jsonb, pinned boolean not null,
    created_at timestamp not null)`);

  const insert = defineQuery('notes_insert', (db) =>
    db
      .insert(notes)
      .values({
        id: sql.placeholder('id'),
        author: sql.placeholder('author'),
        body: sql.placeholder('body'),
        pinned: true,
        created_at: sql.placeholder('created_at'),
      })
      .returning(),
  );

  test('returns rows as plain objects by column name, JSON encoded and decoded', async () => {
    const values = { id: noteId, author: "O'Brien; drop table notes", created_at: '2024-05-01T10:00:00.123456' };
    const [row] = await db.run(insert, { ...values, body: ['a', { b: null }] });
    assert.deepEqual({ ...row }, { ...values, body: ['a', { b: null }], pinned: true });
    const [withNull] = await db.run(insert, { ...values, id: noteId.replace('7', '8'), body: null });
    assert.equal(withNull?.body, null);
    assert.deepEqual(await run('select body is null as is_null from notes order by id'), [
      { is_null: false },
      { is_null: true },
    ]);
  });

  test('runs statements that only SQL can say', async () => {
    const query = defineSql<{ doubled: number }>(
      'double',
      sql`select ${sql.placeholder('n')}::int * ${2}::int as doubled`,
    );
    assert.deepEqual(await db.run(query, { n: 21 }), [{ doubled: 42 }]);
  });
});
