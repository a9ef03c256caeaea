import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { openapiDocument, UploadedFile, WireFile, WireFileBytes } from '../src/index.ts';
import { createTestApp } from './support.ts';

const form = Type.Object({
  photo: WireFile(),
  caption: Type.Optional(Type.String()),
  raw: Type.Optional(WireFileBytes({ maxLength: 3 })),
});

describe('uploaded files', () => {
  test('are values with a name, a type and their bytes', async () => {
    const app = await createUploadApp();

    const answer = await upload(app, [part('photo', 'a.png', 'image/png', '\xff\xd8')]);

    assert.equal(answer.payload, '{"photo":["a.png","image/png",2,"ffd8"]}');
  });

  test('may have no name and no type', async () => {
    const app = await createUploadApp();

    const answer = await upload(app, [part('photo', '', undefined, '')]);

    assert.equal(answer.payload, '{"photo":["",null,0,""]}');
  });

  test('are told apart from texts', async () => {
    const app = await createUploadApp();

    const answer = await upload(app, [part('photo', undefined, undefined, 'hi')]);

    assert.equal(answer.statusCode, 422);
    assert.equal(
      answer.payload,
      '{"detail":[{"type":"value_error","loc":["body","photo"],' +
        '"msg":"Value error, Expected UploadFile, received: <class \'str\'>","input":"hi","ctx":{"error":{}}}]}',
    );
  });

  test('are missing when the form is urlencoded and has none, or is no form', async () => {
    const app = await createUploadApp();

    const answers = await Promise.all([
      app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      app.inject({ method: 'POST', url: '/', headers: { 'content-type': 'application/json' }, payload: '{"photo":1}' }),
    ]);

    for (const { payload } of answers) {
      assert.equal(
        payload,
        '{"detail":[{"type":"missing","loc":["body","photo"],"msg":"Field required","input":null}]}',
      );
    }
  });

  test('are bounded in bytes where their content is asked for', async () => {
    const app = await createUploadApp();
    const photo = part('photo', 'a.png', 'image/png', 'x');

    const fits = await upload(app, [photo, part('raw', 'r', undefined, '\0\xff\xfe')]);
    const text = await upload(app, [photo, part('raw', undefined, undefined, 'abc')]);
    const tooLong = await upload(app, [photo, part('raw', 'r', undefined, 'abcd')]);

    assert.equal(fits.payload, '{"photo":["a.png","image/png",1,"78"],"raw":"00fffe"}');
    assert.equal(text.payload, '{"photo":["a.png","image/png",1,"78"],"raw":"616263"}');
    assert.match(tooLong.payload, /"type":"bytes_too_long".*"input":"abcd","ctx":\{"max_length":3\}/);
  });

  test('are echoed without their content where a text is expected', async () => {
    const app = await createUploadApp();

    const answer = await upload(app, [
      part('photo', 'a', undefined, 'x'),
      part('caption', 'c.txt', 'text/plain', 'secret'),
    ]);

    assert.match(answer.payload, /"type":"string_type","loc":\["body","caption"\]/);
    assert.match(answer.payload, /"input":\{"filename":"c\.txt","size":6,"headers":\{/);
    assert.doesNotMatch(answer.payload, /secret/);
  });

  test('are refused beyond the bodyLimit of their route', async () => {
    const app = await createUploadApp(200);

    const answer = await upload(app, [part('photo', 'a', undefined, 'x'.repeat(400))]);

    // What it is refused with is the application's: FastAPI has no such bound.
    assert.notEqual(answer.statusCode, 200);
    assert.doesNotMatch(answer.payload, /xxx/);
  });

  test('are refused beyond a thousand', async () => {
    const app = await createUploadApp();
    const parts = Array.from({ length: 1001 }, () => part('photo', 'a', undefined, ''));

    const answer = await upload(app, parts);

    assert.equal(answer.statusCode, 400);
    assert.equal(answer.payload, '{"detail":"Too many files. Maximum number of files is 1000."}');
  });

  test('make the document show a multipart form', async () => {
    const app = await createUploadApp();

    const { paths, components } = openapiDocument(app, { title: 't', version: '1' });

    assert.deepEqual(paths['/']?.post, {
      ...Object(paths['/']?.post),
      requestBody: {
        required: true,
        content: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/Body_upload__post' } } },
      },
    });
    assert.deepEqual(components.schemas.Body_upload__post, {
      properties: {
        photo: { type: 'string', format: 'binary', title: 'Photo' },
        caption: { type: 'string', title: 'Caption' },
        raw: { type: 'string', format: 'binary', maxLength: 3, title: 'Raw' },
      },
      type: 'object',
      required: ['photo'],
      title: 'Body_upload__post',
    });
  });
});

async function createUploadApp(bodyLimit = 1_048_576): Promise<FastifyInstance> {
  const app = await createTestApp();
  app.post('/', {
    bodyLimit,
    config: { wire: { form }, openapi: { name: 'upload' } },
    handler: async (request) => Object.fromEntries(Object.entries(Object(request.body)).map(shown)),
  });
  return app;
}

function shown([name, value]: [string, unknown]): [string, unknown] {
  if (value instanceof Uint8Array) return [name, hex(value)];
  if (!(value instanceof UploadedFile)) return [name, value];
  return [name, [value.filename, value.contentType, value.size, hex(value.bytes)]];
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** One part; `content` is Latin-1: a character a byte. */
function part(name: string, filename: string | undefined, type: string | undefined, content: string): string {
  const file = filename === undefined ? '' : `; filename="${filename}"`;
  const header = type === undefined ? '' : `\r\nContent-Type: ${type}`;
  return `--B\r\nContent-Disposition: form-data; name="${name}"${file}${header}\r\n\r\n${content}\r\n`;
}

async function upload(
  app: FastifyInstance,
  parts: readonly string[],
): Promise<{ statusCode: number; payload: string }> {
  return app.inject({
    ...{ method: 'POST', url: '/' },
    headers: { 'content-type': 'multipart/form-data; boundary=B' },
    payload: Buffer.from(`${parts.join('')}--B--\r\n`, 'latin1'),
  });
}
