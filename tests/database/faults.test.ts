import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DatabaseError } from 'pg';
import { classifyFault, explainFault, type FaultKind } from '../../src/database/faults.ts';
import { AppError } from '../../src/errors.ts';

interface Shape {
  code?: string;
  severity?: string;
  message?: string;
}

function serverError({ code, severity = 'FATAL', message = 'words' }: Shape): Error {
  const error = new DatabaseError(message, 0, 'error');
  return Object.assign(error, { severity, ...(code ? { code } : {}) });
}

function nodeError({ code, message = 'words' }: Shape): Error {
  return code ? Object.assign(new Error(message), { code }) : new Error(message);
}

function kindsOf(errors: Error[]): FaultKind[] {
  return errors.map((error) => classifyFault(error).kind);
}

function all(kind: FaultKind, errors: Error[]): FaultKind[] {
  return errors.map(() => kind);
}

describe('classifyFault', () => {
  test('takes outages as transient', () => {
    const errors = [
      ...['57P01', '57P02', '57P03', '08000', '08003', '08006', '57P05'].map((code) => serverError({ code })),
      ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENOENT'].map((code) =>
        nodeError({ code }),
      ),
      ...['Connection terminated unexpectedly', 'Connection terminated', 'timeout expired'].map((message) =>
        nodeError({ message }),
      ),
      nodeError({ message: 'Client has encountered a connection error and is not queryable' }),
      new AggregateError([nodeError({ code: 'ECONNREFUSED' }), nodeError({ code: 'ENETUNREACH' })]),
    ];
    assert.deepEqual(kindsOf(errors), all('transient', errors));
  });

  test('understands PgBouncer, which has one code for everything', () => {
    const kind = (message: string) => classifyFault(serverError({ code: '08P01', message })).kind;
    assert.equal(kind('server conn crashed?'), 'transient');
    assert.equal(kind('server login has been failing, try again later (server_login_retry)'), 'transient');
    assert.equal(kind('server login has been failing, cached error: connect failed (server_login_retry)'), 'transient');
    assert.equal(
      kind(
        'server login has been failing, cached error: password authentication failed for user "x" (server_login_retry)',
      ),
      'config',
    );
    assert.equal(kind('server login has been failing, cached error: database "x" does not exist'), 'config');
    assert.equal(kind('query_wait_timeout'), 'shed');
    assert.equal(kind('no more connections allowed (max_client_conn)'), 'shed');
    assert.equal(kind('unsupported startup parameter: statement_timeout'), 'config');
  });

  test("understands Neon's proxy, which has another", () => {
    const kind = (message: string) => classifyFault(serverError({ code: 'XX000', message })).kind;
    assert.equal(kind("Couldn't connect to compute node"), 'transient');
    assert.equal(kind('Control plane request failed'), 'transient');
    assert.equal(
      kind('Failed to acquire permit to connect to the database. Too many database connection attempts.'),
      'transient',
    );
    assert.equal(kind('Too many connections to this endpoint'), 'shed');
    assert.equal(kind('Control plane request failed: endpoint is disabled'), 'config');
    assert.equal(kind('Endpoint ID is not specified.'), 'config');
    assert.equal(kind('Your account or project has exceeded the compute time quota. Check your quotas.'), 'config');
    assert.equal(kind('cache lookup failed for relation 1'), 'statement');
  });

  test('tells what somebody must mend, what is too much, what took too long and what only reads', () => {
    const codes = (list: string[]) => list.map((code) => serverError({ code }));
    const config = [...codes(['28P01', '28000', '3D000']), nodeError({ code: 'ENOTFOUND' })];
    const tls = [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'CERT_HAS_EXPIRED',
      'SELF_SIGNED_CERT_IN_CHAIN',
    ];
    const mend = [...config, ...tls.map((code) => nodeError({ code }))];
    assert.deepEqual(kindsOf(mend), all('config', mend));
    const shed = [...codes(['53300', '53200', '55P03']), nodeError({ code: 'EMFILE' })];
    assert.deepEqual(kindsOf(shed), all('shed', shed));
    const slow = [...codes(['57014', '25P03']), nodeError({ message: 'Query read timeout' })];
    assert.deepEqual(kindsOf(slow), all('timeout', slow));
    assert.deepEqual(kindsOf(codes(['25006', '53100'])), ['read_only', 'read_only']);
    assert.deepEqual(kindsOf(codes(['40001', '40P01'])), ['conflict', 'conflict']);
    assert.deepEqual(kindsOf(codes(['23505', '22001', '42601', '0A000'])), [
      'statement',
      'statement',
      'statement',
      'statement',
    ]);
  });

  test('keeps a connection only after an ERROR of the server', () => {
    const lost = (shape: Shape) => classifyFault(serverError(shape)).connectionLost;
    assert.equal(lost({ code: '23505', severity: 'ERROR' }), false);
    assert.equal(lost({ code: '57P01', severity: 'FATAL' }), true);
    assert.equal(lost({ code: '25006', severity: 'ERROR' }), true);
    assert.equal(
      classifyFault(serverError({ severity: '', message: 'received invalid response: 48' })).connectionLost,
      true,
    );
    assert.equal(classifyFault(nodeError({ code: 'ECONNRESET' })).connectionLost, true);
  });
});

describe('explainFault', () => {
  const explain = (error: unknown, write: boolean) => {
    const explained = explainFault(error, { write });
    return explained instanceof AppError ? explained.code : explained;
  };

  test('calls a write in doubt when its answer was lost, and a read unavailable', () => {
    for (const error of [
      nodeError({ code: 'ECONNRESET' }),
      serverError({ code: '57P01' }),
      nodeError({ message: 'Query read timeout' }),
    ]) {
      assert.equal(explain(error, true), 'write_in_doubt');
    }
    assert.equal(explain(nodeError({ code: 'ECONNRESET' }), false), 'database_unavailable');
  });

  test('does not call a write in doubt that was never sent or was refused', () => {
    const pooler = serverError({ code: '08P01', message: 'query_wait_timeout' });
    const dead = nodeError({ message: 'Client has encountered a connection error and is not queryable' });
    const cancelled = serverError({ code: '57014', severity: 'ERROR' });
    assert.deepEqual(
      [pooler, dead, cancelled].map((error) => explain(error, true)),
      ['overloaded', 'database_unavailable', 'request_timeout'],
    );
  });

  test('lets the errors of statements and of others through untouched', () => {
    const violation = serverError({ code: '23505', severity: 'ERROR' });
    const ours = new AppError('not_found');
    const mistake = new TypeError('no value for the placeholder');
    assert.equal(explain(violation, true), violation);
    assert.equal(explainFault(ours, { write: true }), ours);
    assert.equal(explain(mistake, true), mistake);
  });

  test('never tells a client what happened, and keeps it for the log', () => {
    const cause = nodeError({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.7:5432' });
    const explained = explainFault(cause, { write: false });
    assert.ok(explained instanceof AppError);
    assert.equal(explained.detail.includes('10.0.0.7'), false);
    assert.deepEqual(
      [explained.cause, explained.reason, explained.retryAfterSeconds],
      [cause, 'transient:ECONNREFUSED', 1],
    );
  });
});
