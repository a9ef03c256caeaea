import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTask, signUp, startContractServer, task } from '../contract-server.ts';

const json = { 'content-type': 'application/json' };

test('values through the real routes', async (t) => {
  const server = await startContractServer(t);
  const { token } = await signUp(server);
  const id = await createTask(server, token);

  await t.test('query integers', async (each) => {
    const taken: readonly (readonly [text: string, value: number])[] = [
      ['5', 5],
      [' 5 ', 5],
      ['\t5\n', 5],
      ['+5', 5],
      ['005', 5],
      ['1_0', 10],
      ['5.0', 5],
      ['5.000', 5],
      ['100', 100],
      [`${'0'.repeat(300)}7`, 7],
    ];
    for (const [text, value] of taken) {
      await each.test(`takes ${JSON.stringify(text.slice(-20))}`, async () => {
        const answer = await server.send('GET', `/api/tasks?limit=${encodeURIComponent(text)}`, { token });

        assert.equal(answer.json().data?.limit, value, answer.body);
      });
    }
    const refused: readonly (readonly [text: string, type: string])[] = [
      ['', 'int_parsing'],
      [' ', 'int_parsing'],
      ['five', 'int_parsing'],
      ['5.1', 'int_parsing'],
      ['5.', 'int_parsing'],
      ['.5', 'int_parsing'],
      ['1e1', 'int_parsing'],
      ['0x5', 'int_parsing'],
      ['_5', 'int_parsing'],
      ['5_', 'int_parsing'],
      ['1__0', 'int_parsing'],
      ['+-5', 'int_parsing'],
      ['- 5', 'int_parsing'],
      ['\uff15', 'int_parsing'],
      ['NaN', 'int_parsing'],
      ['0', 'greater_than_equal'],
      ['-0', 'greater_than_equal'],
      ['-5', 'greater_than_equal'],
      ['101', 'less_than_equal'],
      ['101.0', 'less_than_equal'],
      ['9'.repeat(400), 'less_than_equal'],
      ['9'.repeat(4301), 'int_parsing_size'],
    ];
    for (const [text, type] of refused) {
      await each.test(`refuses ${JSON.stringify(text.slice(0, 20))} as ${type}`, async () => {
        const answer = await server.send('GET', `/api/tasks?limit=${encodeURIComponent(text)}`, { token });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.loc, item.input], [type, ['query', 'limit'], text]);
      });
    }
  });

  await t.test('query booleans', async (each) => {
    const words = ['true', 'TRUE', 'True', 't', 'y', 'Yes', 'on', 'ON', '1', 'false', 'f', 'N', 'no', 'off', '0'];
    for (const word of words) {
      await each.test(`takes ${word}`, async () => {
        assert.equal((await server.send('GET', `/api/tasks?completed=${word}`, { token })).status, 200);
      });
    }
    for (const word of ['', '2', '1.0', ' true', 'true ', 'null', 'None', 'yess', 'enabled', '-1', '01']) {
      await each.test(`refuses ${JSON.stringify(word)}`, async () => {
        const answer = await server.send('GET', `/api/tasks?completed=${encodeURIComponent(word)}`, { token });

        const msg = 'Input should be a valid boolean, unable to interpret input';
        const expected = { type: 'bool_parsing', loc: ['query', 'completed'], msg, input: word };
        assert.deepEqual([answer.status, answer.json()], [422, { detail: [expected] }]);
      });
    }
  });

  await t.test('body booleans', async (each) => {
    const taken: readonly (readonly [json: string, value: boolean])[] = [
      ['true', true],
      ['1', true],
      ['1.0', true],
      ['1e0', true],
      ['"1"', true],
      ['"YES"', true],
      ['"On"', true],
      ['"t"', true],
      ['false', false],
      ['0', false],
      ['0.0', false],
      ['-0.0', false],
      ['"no"', false],
      ['"F"', false],
    ];
    for (const [sent, value] of taken) {
      await each.test(`takes ${sent}`, async () => {
        const answer = await server.send('PATCH', `/api/tasks/${id}/complete`, {
          token,
          headers: json,
          body: `{"completed":${sent}}`,
        });

        assert.equal(answer.json().data?.is_completed, value, answer.body);
      });
    }
    const refused: readonly (readonly [json: string, type: string])[] = [
      ['null', 'bool_type'],
      ['[]', 'bool_type'],
      ['{}', 'bool_type'],
      ['0.5', 'bool_type'],
      ['2', 'bool_parsing'],
      ['-1', 'bool_parsing'],
      ['""', 'bool_parsing'],
      ['" true "', 'bool_parsing'],
      ['"maybe"', 'bool_parsing'],
    ];
    for (const [sent, type] of refused) {
      await each.test(`refuses ${sent} as ${type}`, async () => {
        const answer = await server.send('PATCH', `/api/tasks/${id}/complete`, {
          token,
          headers: json,
          body: `{"completed":${sent}}`,
        });

        assert.equal(answer.status, 422, answer.body);
        assert.deepEqual([answer.json().detail[0].type, answer.json().detail[0].loc], [type, ['body', 'completed']]);
        assert.ok(answer.body.includes(`"input":${sent}`), answer.body);
      });
    }
  });

  await t.test('due dates', async (each) => {
    const taken: readonly (readonly [sent: unknown, stored: string])[] = [
      ['2030-01-02', '2030-01-02T00:00:00'],
      ['2030-01-02T03:04', '2030-01-02T03:04:00'],
      ['2030-01-02t03:04:05', '2030-01-02T03:04:05'],
      ['2030-01-02 03:04:05', '2030-01-02T03:04:05'],
      ['2030-01-02_03:04:05', '2030-01-02T03:04:05'],
      ['2030-01-02T03:04:05,5', '2030-01-02T03:04:05.500000'],
      ['2030-01-02T03:04:05.1234567', '2030-01-02T03:04:05.123456'],
      ['2030-01-02T03:04:05z', '2030-01-02T03:04:05'],
      ['2030-01-02T03:04:05+0530', '2030-01-01T21:34:05'],
      ['2030-01-02T03:04:05-23:59', '2030-01-03T03:03:05'],
      ['2030-01-02T03:04:05.000001+00:00', '2030-01-02T03:04:05.000001'],
      ['2028-02-29', '2028-02-29T00:00:00'],
      [0, '1970-01-01T00:00:00'],
      [-1, '1969-12-31T23:59:59'],
      [1.5, '1970-01-01T00:00:01.500000'],
      ['1893553445', '2030-01-02T03:04:05'],
      [20_000_000_000, '2603-10-11T11:33:20'],
      [20_000_000_001, '1970-08-20T11:33:20.001000'],
      ['20240102', '1970-08-23T06:15:02'],
      [null, ''],
    ];
    for (const [sent, stored] of taken) {
      await each.test(`takes ${JSON.stringify(sent)}`, async () => {
        const made = await server.send('POST', '/api/tasks', { token, body: { ...task, due_datetime: sent } });

        assert.equal(made.status, 201, made.body);
        const { id: made_id, due_datetime } = made.json().data;
        assert.equal(due_datetime, stored === '' ? null : stored);
        const read = await server.send('GET', `/api/tasks/${made_id}`, { token });
        assert.equal(read.json().data.due_datetime, due_datetime);
      });
    }
    const refused: readonly (readonly [sent: unknown, type: string, error: string])[] = [
      ['', 'datetime_from_date_parsing', 'input is too short'],
      ['2030-1-2', 'datetime_from_date_parsing', 'input is too short'],
      ['x030-01-02', 'datetime_from_date_parsing', 'invalid character in year'],
      ['2030-x1-02', 'datetime_from_date_parsing', 'invalid character in month'],
      ['2030-01-x2', 'datetime_from_date_parsing', 'invalid character in day'],
      ['2030/01/02', 'datetime_from_date_parsing', 'invalid date separator, expected `-`'],
      ['2030-00-02', 'datetime_from_date_parsing', 'month value is outside expected range of 1-12'],
      ['2030-02-29', 'datetime_from_date_parsing', 'day value is outside expected range'],
      ['2030-01-02T24:00', 'datetime_from_date_parsing', 'unexpected extra characters at the end of the input'],
      ['2030-01-02T03:04:60', 'datetime_from_date_parsing', 'unexpected extra characters at the end of the input'],
      ['2030-01-02T03:04+24:00', 'datetime_from_date_parsing', 'unexpected extra characters at the end of the input'],
      ['2030-01-02 ', 'datetime_from_date_parsing', 'unexpected extra characters at the end of the input'],
      ['0000-01-02', 'datetime_parsing', 'year 0 is out of range'],
      [1e15, 'datetime_parsing', 'dates after 9999 are not supported as unix timestamps'],
      [true, 'datetime_type', ''],
      [[], 'datetime_type', ''],
      [{}, 'datetime_type', ''],
    ];
    for (const [sent, type, error] of refused) {
      await each.test(`refuses ${JSON.stringify(sent)}`, async () => {
        const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, due_datetime: sent } });

        assert.equal(answer.status, 422, answer.body);
        const [item] = answer.json().detail;
        assert.deepEqual([item.type, item.ctx?.error ?? '', item.input], [type, error, sent]);
      });
    }
  });

  await t.test('ids in the path', async (each) => {
    const bare = id.replaceAll('-', '');
    const forms = [
      bare,
      id.toUpperCase(),
      bare.toUpperCase(),
      `%7B${id}%7D`,
      `urn:uuid:${id}`,
      `{${id}}`,
      `urn%3Auuid%3A${id}`,
    ];
    for (const form of forms) {
      await each.test(`takes ${form}`, async () => {
        const answer = await server.send('GET', `/api/tasks/${form}`, { token });

        assert.equal(answer.json().data?.id, id, answer.body);
      });
    }
    for (const form of [
      `%7B${bare}%7D`,
      `URN:UUID:${id}`,
      `urn:uuid:${bare}`,
      `%20${id}`,
      `${id}%20`,
      `${id}0`,
      bare.slice(1),
      `{${id}`,
    ]) {
      await each.test(`refuses ${form}`, async () => {
        const answer = await server.send('GET', `/api/tasks/${form}`, { token });

        assert.equal(answer.status, 422, answer.body);
        assert.equal(answer.json().detail[0].type, 'uuid_parsing');
      });
    }
  });

  await t.test('texts take only strings', async () => {
    for (const title of [5, 1.5, true, null, [], {}, ['a']]) {
      const answer = await server.send('POST', '/api/tasks', { token, body: { ...task, title } });

      const expected = {
        type: 'string_type',
        loc: ['body', 'title'],
        msg: 'Input should be a valid string',
        input: title,
      };
      assert.deepEqual([answer.status, answer.json()], [422, { detail: [expected] }]);
    }
  });

  await t.test('numbers are echoed as they were meant', async (each) => {
    for (const sent of [
      '5',
      '-5',
      '1.5',
      '1.0',
      '12345678901234567890123',
      '9007199254740993',
      '1e+16',
      '1.5e-07',
      '-0.0',
      '0',
    ]) {
      await each.test(sent, async () => {
        const body = `{"title":${sent},"priority":"urgent_important"}`;

        const answer = await server.send('POST', '/api/tasks', { token, headers: json, body });

        assert.ok(answer.body.includes(`"input":${sent}}`), answer.body);
      });
    }
  });

  await t.test('updated_at moves with every replacement and completion, created_at never', async () => {
    const body = { ...task, is_completed: false };
    const first = (await server.send('PUT', `/api/tasks/${id}`, { token, body })).json().data;
    const second = (await server.send('PUT', `/api/tasks/${id}`, { token, body })).json().data;
    const third = (
      await server.send('PATCH', `/api/tasks/${id}/complete`, { token, body: { completed: false } })
    ).json().data;

    assert.ok(first.updated_at < second.updated_at && second.updated_at < third.updated_at);
    assert.equal(new Set([first.created_at, second.created_at, third.created_at]).size, 1);
    assert.match(third.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?$/);
  });
});
