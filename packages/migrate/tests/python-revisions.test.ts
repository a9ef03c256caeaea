import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parseAlembicIni } from '../src/alembic/parse-alembic-ini.ts';
import { parsePythonRevision } from '../src/alembic/parse-python-revision.ts';
import { heads, history, loadRevisions, MigrationError, show, writeStubs } from '../src/index.ts';
import { fileName, revisionText, step } from './support/revisions.ts';

function parse(text: string, override?: Parameters<typeof parsePythonRevision>[0]['override']) {
  return parsePythonRevision({ file: 'one.py', text, override });
}

function faultsOf(work: () => unknown): MigrationError['faults'] {
  try {
    work();
  } catch (error) {
    if (error instanceof MigrationError) return error.faults;
    throw error;
  }
  return [];
}

const current = `"""orders have a
reference

Revision ID: ae1027a6acf
Revises: 27c6a30d7c24, dddd00000004
"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'ae1027a6acf'
down_revision: Union[str, Sequence[str], None] = ('27c6a30d7c24', "dddd00000004")
branch_labels: Union[str, Sequence[str], None] = ["shop", 'orders',]
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    revision = compute()
    op.execute("SELECT 'down_revision = 1'")
`;

describe('a Python revision file', () => {
  test("is read as Alembic's template writes it", () => {
    assert.deepEqual(parse(current), {
      revision: 'ae1027a6acf',
      downRevision: ['27c6a30d7c24', 'dddd00000004'],
      branchLabels: ['shop', 'orders'],
      dependsOn: [],
      message: 'orders have a reference',
      isStub: false,
    });
  });

  const forms: [string, string, string[]][] = [
    ['None', 'None', []],
    ['a text', "'a'", ['a']],
    ['adjacent texts', '\'a\' "b"', ['ab']],
    ['a text in parentheses', "('a')", ['a']],
    ['a tuple of one', "('a',)", ['a']],
    ['a bare tuple', "'a', 'b'", ['a', 'b']],
    ['a list', "['a', 'b']", ['a', 'b']],
    ['a set', "{'a'}", ['a']],
    ['nothing in a tuple', '()', []],
    ['a raw text', "r'a'", ['a']],
    ['a text with escapes', String.raw`'\x61\u0062\143'`, ['abc']],
    ['several lines', "(\n  'a',  # the first\n  'b',\n)", ['a', 'b']],
    ['a continued line', "\\\n  'a'", ['a']],
    ['three quotes', "'''a'''", ['a']],
  ];
  for (const [what, literal, expected] of forms) {
    test(`may write its parents as ${what}`, () => {
      assert.deepEqual(parse(`revision = 'r'\ndown_revision = ${literal}\n`).downRevision, expected);
    });
  }

  test('may assign twice, several at once, and several on a line', () => {
    const text =
      "revision = 'old'\nrevision = 'new'; down_revision = depends_on = 'p'\nif True:\n    revision = 'inner'\n";

    assert.deepEqual(parse(text), {
      revision: 'new',
      downRevision: ['p'],
      branchLabels: [],
      dependsOn: ['p'],
      message: '',
      isStub: false,
    });
  });

  test('may have a byte order mark, CRLF, and strings that look like code', () => {
    const text = `\uFEFF'''doc\r\nrevision = "no"\r\n'''\r\nrevision = 'yes'\r\nx = f"{a['revision']} {'}'!r} {{"\r\ny = b'revision'\r\n`;

    assert.equal(parse(text).revision, 'yes');
  });

  const computed: [string, string][] = [
    ['a call', "revision = 'r'\n\ndown_revision = previous()\n"],
    ['a name', "revision = 'r'\nPREVIOUS = 'p'\ndown_revision = PREVIOUS\n"],
    ['an f-string', "revision = 'r'\np = 1\ndown_revision = f'{p}'\n"],
    ['a sum', "revision = 'r'\n\ndown_revision = 'a' + 'b'\n"],
    ['unpacking', "x = 1\nrevision = 'r'\ndown_revision, depends_on = 'a', 'b'\n"],
    ['an item', "revision = 'r'\n\ndown_revision = parents[0]\n"],
  ];
  for (const [what, text] of computed) {
    test(`that computes a value (${what}) is refused with its place and the way out`, () => {
      const [fault] = faultsOf(() => parse(text));

      assert.deepEqual([fault?.code, fault?.file, fault?.line, fault?.column], ['bad_python_revision', 'one.py', 3, 1]);
      assert.match(fault?.hint ?? '', /alembic\.json.*"one\.py": \{"down_revision"/);
    });
  }

  test('that computes a value is read with what is said for it', () => {
    const said = parse("revision = make()\ndown_revision = 'p'\n", { revision: 'r' });

    assert.deepEqual([said.revision, said.downRevision], ['r', ['p']]);
  });

  test('without a revision, or with a string that never ends, is refused', () => {
    assert.match(faultsOf(() => parse('x = 1\n'))[0]?.message ?? '', /no variable "revision"/);
    assert.deepEqual(faultsOf(() => parse("x = 1\nrevision = 'r\n"))[0]?.line, 2);
  });
});

describe('alembic.ini', () => {
  test('says where the revisions are, with its variables', () => {
    const text = `# comment
[DEFAULT]
home = %(here)s/db
[alembic]
script_location = %(home)s/alembic
version_locations = %(here)s/a
    %(here)s/b
path_separator = newline
recursive_version_locations = true
file_template = %%(rev)s_%%(slug)s
[other]
script_location = wrong
`;

    assert.deepEqual(parseAlembicIni(text, '/x'), {
      scriptLocation: '/x/db/alembic',
      versionLocations: ['/x/a', '/x/b'],
      isRecursive: true,
    });
  });

  const separators: [string, string][] = [
    ['os', 'a:b'],
    ['space', 'a  b'],
    [':', 'a:b'],
    [';', 'a;b'],
    ['', 'a, b'],
    ['', 'a b'],
  ];
  for (const [separator, locations] of separators) {
    test(`splits "${locations}" by ${separator === '' ? 'default' : separator}`, () => {
      const line = separator === '' ? '' : `version_path_separator = ${separator}\n`;
      const text = `[alembic]\nscript_location = s\n${line}version_locations = ${locations}\n`;

      assert.deepEqual(parseAlembicIni(text, '/x').versionLocations, ['a', 'b']);
    });
  }
});

describe('a folder with an alembic.json', () => {
  const [p1, p2, s1] = ['0001', 'aaaa00000002', 'bbbb00000003'];
  const python = (id: string, down: string): string =>
    `"""python ${id}"""\nrevision = '${id}'\ndown_revision = ${down}\n`;

  async function write(t: TestContext, files: Record<string, string>): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'stanchion-migrate-'));
    t.after(() => rm(root, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return root;
  }

  const files = {
    'migrations/alembic.json': '{"ini": "../backend/alembic.ini"}',
    [`migrations/${fileName(s1)}`]: revisionText({ id: s1, parents: [p2], up: step('one', 'tx', 'SELECT 1') }),
    'backend/alembic.ini': '[alembic]\nscript_location = alembic\n',
    'backend/alembic/versions/0001_first.py': python(p1, 'None'),
    'backend/alembic/versions/two.py': python(p2, `'${p1}'`),
    'backend/alembic/versions/__init__.py': '',
    'backend/alembic/versions/.#two.py': 'an editor wrote this',
    'backend/alembic/versions/notes.txt': 'not Python',
  };

  test('is one graph with the Python revisions', async (t) => {
    const root = await write(t, files);

    const graph = await loadRevisions(join(root, 'migrations'));

    assert.deepEqual(
      history(graph).map(({ revision, summary, executor }) => [revision, summary, executor]),
      [
        [s1, `revision ${s1}`, 'stanchion'],
        [p2, `python ${p2}`, 'alembic'],
        [p1, `python ${p1}`, 'alembic'],
      ],
    );
    assert.deepEqual(
      heads(graph).map(({ revision }) => revision),
      [s1],
    );
    assert.equal(show(graph, 'aaaa').file, '../backend/alembic/versions/two.py');
  });

  test('refuses an alembic.ini without a location', async (t) => {
    const root = await write(t, { ...files, 'backend/alembic.ini': '[alembic]\n' });

    await assert.rejects(loadRevisions(join(root, 'migrations')), { code: 'bad_alembic_ini' });
  });

  describe('whose Alembic is configured in pyproject.toml', () => {
    const { 'backend/alembic.ini': _, ...others } = files;
    const toml = (text: string): Record<string, string> => ({
      ...others,
      'migrations/alembic.json': '{"ini": "../backend/pyproject.toml"}',
      'backend/pyproject.toml': `[project]\nname = "backend"\n\n${text}`,
    });

    test('finds the revisions by its script_location', async (t) => {
      const root = await write(t, toml('[tool.alembic]\nscript_location = "%(here)s/alembic"\n'));

      assert.deepEqual((await loadRevisions(join(root, 'migrations'))).heads, [s1]);
    });

    test('finds them in its version_locations, and below them when it says so', async (t) => {
      const root = await write(t, {
        ...toml(
          `[tool.alembic]\nscript_location = "elsewhere"\nversion_locations = [\n  "%(here)s/v", # one\n]\nrecursive_version_locations = true\n`,
        ),
        'backend/v/deep/0001.py': python(p1, 'None'),
        'backend/v/two.py': python(p2, `'${p1}'`),
      });

      const graph = await loadRevisions(join(root, 'migrations'));

      assert.equal(show(graph, p1).file, '../backend/v/deep/0001.py');
    });

    test('reads alembic.ini first, and here what that does not say', async (t) => {
      const root = await write(t, {
        ...toml('[tool.alembic]\nscript_location = "wrong"\nversion_locations = ["v"]\n'),
        'backend/alembic.ini': '[alembic]\nscript_location = alembic\n',
        'migrations/alembic.json': '{"ini": "../backend/alembic.ini"}',
        'backend/v/0001.py': python(p1, 'None'),
        'backend/v/two.py': python(p2, `'${p1}'`),
      });

      const graph = await loadRevisions(join(root, 'migrations'));

      assert.equal(graph.alembic?.scriptFolder, join(root, 'backend/alembic'));
      assert.equal(graph.alembic?.versionsFolder, join(root, 'backend/v'));
    });

    test('is told where the file is no TOML', async (t) => {
      const root = await write(t, toml('[tool.alembic]\nscript_location = alembic\n'));

      await assert.rejects(loadRevisions(join(root, 'migrations')), (error: MigrationError) => {
        const [fault] = error.faults;
        assert.deepEqual([fault?.code, fault?.file, fault?.line], ['bad_alembic_ini', '../backend/pyproject.toml', 5]);
        return true;
      });
    });

    for (const [what, text] of [
      ['no such section', '[tool.ruff]\n'],
      ['a number for a folder', '[tool.alembic]\nscript_location = 1\n'],
      ['a text for a list', '[tool.alembic]\nscript_location = "a"\nversion_locations = "a:b"\n'],
    ] as const) {
      test(`refuses ${what}`, async (t) => {
        const root = await write(t, toml(text));

        await assert.rejects(loadRevisions(join(root, 'migrations')), { code: 'bad_alembic_ini' });
      });
    }
  });

  test('reports the faults of both kinds of files at once', async (t) => {
    const root = await write(t, {
      ...files,
      'migrations/bad.sql': '',
      'backend/alembic/versions/three.py': 'revision = f()\n',
    });

    await assert.rejects(loadRevisions(join(root, 'migrations')), (error: MigrationError) => {
      assert.deepEqual(error.faults.map((fault) => fault.code).toSorted(), ['bad_file_name', 'bad_python_revision']);
      return true;
    });
  });

  test('refuses an id that both kinds of files have', async (t) => {
    const root = await write(t, { ...files, 'backend/alembic/versions/three.py': python(s1, `'${p2}'`) });

    await assert.rejects(loadRevisions(join(root, 'migrations')), { code: 'duplicate_revision' });
  });

  test('takes folders by name, and a map for what is computed', async (t) => {
    const root = await write(t, {
      'a/alembic.json': JSON.stringify({
        folders: ['../v'],
        revisions: { 'x.py': { revision: p2, down_revision: [p1], depends_on: null } },
      }),
      'v/x.py': 'revision = f()\ndown_revision = g()\n',
      'v/y.py': python(p1, 'None'),
    });

    assert.deepEqual((await loadRevisions(join(root, 'a'))).heads, [p2]);
  });

  for (const [what, json] of [
    ['no JSON', '{'],
    ['an unknown key', '{"ini": "x", "inni": "y"}'],
    ['nowhere to look', '{}'],
    ['a map for no file', '{"folders": ["."], "revisions": {"z.py": {"revision": "r"}}}'],
    ['a map that says nonsense', '{"folders": ["."], "revisions": {"z.py": {"revision": 1}}}'],
  ] as const) {
    test(`refuses ${what}`, async (t) => {
      const root = await write(t, { 'alembic.json': json });

      await assert.rejects(loadRevisions(root), { code: 'bad_alembic_ini' });
    });
  }

  test('names what it cannot read', async (t) => {
    const root = await write(t, { 'alembic.json': '{"ini": "gone.ini"}' });

    await assert.rejects(loadRevisions(root), { code: 'folder_unreadable' });
  });

  test('gets its stubs once, finds them again, and takes them for what they are', async (t) => {
    const root = await write(t, files);
    const folder = join(root, 'migrations');

    const before = await writeStubs(await loadRevisions(folder), folder, { check: true });
    const first = await writeStubs(await loadRevisions(folder), folder);
    const second = await writeStubs(await loadRevisions(folder), folder);

    assert.deepEqual(before, first);
    assert.deepEqual(first.outdated, [
      join(root, 'backend/alembic/stanchion_steps.py'),
      join(root, `backend/alembic/versions/${s1}_test.py`),
    ]);
    assert.deepEqual([second.outdated, second.unchanged], [[], first.outdated]);
  });

  test('notices a stub that somebody edited, and one whose file is gone', async (t) => {
    const root = await write(t, files);
    const folder = join(root, 'migrations');
    const { outdated } = await writeStubs(await loadRevisions(folder), folder);
    const stub = outdated[1] ?? '';
    await writeFile(stub, `revision = '${s1}'\nstanchion_file = 'x'\n`);

    assert.deepEqual((await writeStubs(await loadRevisions(folder), folder, { check: true })).outdated, [stub]);

    await rm(join(folder, fileName(s1)));
    await assert.rejects(loadRevisions(folder), { code: 'missing_parent' });
  });
});
