/** Texts that stand where one JSON value belongs. Not all are JSON. */
export const hostileJson: readonly string[] = [
  ...['', ' ', 'null', 'true', 'nul', '"', '{', '}', '[', ']', '{]', '[}', '{"a"}', '{"a":}', '{"a":1,}', '[1,]', '{}{}'],
  ...['0', '-0', '-1', '01', '+1', '1.', '.5', '0x10', '1_000', '1e400', '-1e400', '1e-400', 'NaN', 'Infinity', '-Infinity'],
  ...['9007199254740993', '9223372036854775808', '1'.repeat(4301), `${'1'.repeat(1_000_000)}`, `0.${'1'.repeat(500_000)}`],
  ...['""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\x"', '"\\u12"'],
  ...['"\u0000"', '"\n"', '"\u2028"', '"\ufeff"', '"\u202e"', `"${'a'.repeat(100_000)}"`, `"${'\\ud800'.repeat(10_000)}"`],
  ...['"9999-99-99T99:99:99Z"', '"0000-01-01T00:00:00"', '"10000-01-01T00:00:00Z"', '"2024-02-30"', '"infinity"', '-62135596801', '1e18'],
  ...['[]', '[[]]', '[null]', '{}', '{"a":{}}', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '{"":1}', '{"\\u0000":1}'],
  ...['/* */1', "'a'", '%s%n', '${7*7}', "' OR 1=1 --", '"\' OR 1=1 --"', '"$(reboot)"', '"{{7*7}}"', '"../../etc/passwd"', '"\\r\\nX-A: b"'],
  ...[nested('[', ']', 100), nested('[', ']', 100_000), nested('{"a":', '}', 100_000), '['.repeat(100_000)],
];

/** Whole bodies that are no JSON text, as bytes. */
export const hostileBytes: readonly Buffer[] = [
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf8, 0x88, 0x80, 0x80, 0x80]),
  Buffer.from('{"email":"\xff\xfe"}', 'latin1'),
  Buffer.from('\ufeff{}'),
  Buffer.from('{}', 'utf16le'),
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{}', 'utf16le')]),
  Buffer.alloc(1000),
  Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
];

export const hostileTypes: readonly string[] = [
  ...['', ';', '/', 'garbage;;;', 'application/json; charset=utf-16', 'application/json;charset', 'APPLICATION/JSON', 'text/plain'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary=', 'application/xml', `a/${'b'.repeat(5000)}`],
];

/** Stand in a path or a query, already percent-encoded. */
export const hostileParameters: readonly string[] = [
  ...['', '%00', '%FF', '%', '%zz', '%ED%A0%80', '%0d%0aX-A:%20b', '..', '.', '%2e%2e%2f', '-1', '0', '1.5', '1e3', 'NaN', 'null', 'true'],
  ...['9223372036854775808', '1'.repeat(5000), 'a'.repeat(5000), '%27%20OR%201=1%20--', '[]', '{}', '%F0%9F%92%A9', '%20', '+', '&', '=&='],
  ...['00000000-0000-0000-0000-000000000000', 'zzzzzzzz-0000-0000-0000-000000000000', '__proto__', 'constructor'],
];

function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}
