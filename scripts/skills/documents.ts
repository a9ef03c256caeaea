import { existsSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { listSkillFolders } from './archives.ts';
import type { Finding } from './finding.ts';
import { manifestPath, type SkillsManifest, skillsFolder } from './manifest.ts';

const maxLines = 150;
const sections = ['When to use', 'Where the code is', 'Right and wrong', 'Check it'];

/** Each skill's folder is in the manifest and the reverse, its text is well formed, and what it names exists. */
export function checkDocuments(rootDir: string, manifest: SkillsManifest, files: readonly string[]): Finding[] {
  const folders = listSkillFolders(rootDir);
  const missing = [...manifest.skills.keys()]
    .filter((name) => !folders.includes(name))
    .map(
      (name): Finding => ({
        file: manifestPath,
        rule: 'skill-folder',
        message: `the skill '${name}' has no folder`,
        fix: `write ${skillsFolder}/${name}/SKILL.md, or take it out`,
      }),
    );
  const place: Place = { rootDir, manifest, files, scripts: scriptNames(rootDir), verbs: verbNames(rootDir) };
  return [...missing, ...folders.flatMap((name) => checkDocument(place, name))];
}

interface Place {
  rootDir: string;
  manifest: SkillsManifest;
  files: readonly string[];
  scripts: ReadonlySet<string>;
  verbs: ReadonlySet<string>;
}

function checkDocument(place: Place, name: string): Finding[] {
  const file = `${skillsFolder}/${name}/SKILL.md`;
  const unlisted: Finding[] = place.manifest.skills.has(name)
    ? []
    : [
        {
          file,
          rule: 'skill-folder',
          message: `the manifest doesn't list the skill '${name}'`,
          fix: `add it to ${manifestPath}, or remove the folder`,
        },
      ];
  if (!existsSync(join(place.rootDir, file))) {
    return [...unlisted, { file, rule: 'skill-folder', message: 'the folder has no SKILL.md', fix: 'write it' }];
  }
  const text = readFileSync(join(place.rootDir, file), 'utf8');
  return [
    ...unlisted,
    ...checkForm(file, name, text),
    ...checkPaths(place, file, text),
    ...checkCommands(place, file, text),
  ];
}

/** The open skill format: frontmatter with a name equal to the folder's and a description of what and when. */
function checkForm(file: string, name: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const report = (message: string, fix: string): void =>
    void findings.push({ file, rule: 'frontmatter', message, fix });
  const head = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  if (!head) {
    report('it does not begin with frontmatter between two lines of ---', 'begin with --- / name / description / ---');
    return findings;
  }
  const fields = new Map<string, string>();
  for (const line of head[1]?.split('\n') ?? []) {
    const field = /^([a-z-]+): (\S.*)$/.exec(line);
    if (!field || /: | #/.test(field[2] ?? '') || /^["'[{&*!|>%@`]/.test(field[2] ?? ''))
      report(`'${line}' is no plain 'key: text'`, 'write each field as one line of plain text without ": " or " #"');
    else if (fields.has(field[1] ?? '')) report(`'${field[1]}' is there twice`, 'keep one');
    else fields.set(field[1] ?? '', field[2] ?? '');
  }
  for (const key of fields.keys())
    if (key !== 'name' && key !== 'description') report(`unknown field '${key}'`, 'keep name and description only');
  if (fields.get('name') !== name || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 64)
    report(
      `the name is '${fields.get('name') ?? ''}', the folder '${name}'`,
      'make both the same, lower-case words joined by single hyphens',
    );
  const description = fields.get('description') ?? '';
  if (description.length === 0 || description.length > 1024 || /[<>]/.test(description))
    report(
      'the description is missing, too long (1024) or contains < or >',
      'say in one line what the skill is for and when to use it',
    );
  else if (!/\b[Uu]se (when|before|after|for)\b/.test(description))
    report("the description doesn't say when to use the skill", "add 'Use when …'");
  return [...findings, ...checkBody(file, head[2] ?? '')];
}

function checkBody(file: string, body: string): Finding[] {
  const lines = body.trim().split('\n');
  const absent = sections.filter((section) => !lines.includes(`## ${section}`));
  const findings: Finding[] = absent.map(
    (section): Finding => ({
      file,
      rule: 'sections',
      message: `the section '${section}' is missing`,
      fix: `add '## ${section}'`,
    }),
  );
  if (!lines.some((line) => /^## Rules/.test(line)))
    findings.push({ file, rule: 'sections', message: 'there are no rules', fix: "add '## Rules'" });
  if (lines.length > maxLines)
    findings.push({
      file,
      rule: 'length',
      message: `the body has ${lines.length} lines, ${maxLines} are allowed`,
      fix: 'cut it, or move a part to references/',
    });
  return findings;
}

interface Line {
  text: string;
  number: number;
  fence: string | null;
}

function linesOf(text: string): Line[] {
  let fence: string | null = null;
  return text.split('\n').map((line, at) => {
    const mark = /^```(\w*)/.exec(line);
    if (mark) fence = fence === null ? (mark[1] ?? '') : null;
    return { text: line, number: at + 1, fence: mark ? '```' : fence };
  });
}

/** Paths in prose and in inline code; a `*` matches as a glob, `<name>` stands for anything and is not looked up. */
function checkPaths(place: Place, file: string, text: string): Finding[] {
  const roots = [...place.manifest.roots, '.claude'].map((root) => root.replaceAll('.', '\\.')).join('|');
  const path = new RegExp(
    `(?<![\\w@./*<>-])((?:${roots})/[\\w@./*-]*|\\.?[\\w.-]+\\.(?:md|json|ts|mjs|example))(?![\\w<])`,
    'g',
  );
  return linesOf(text)
    .filter((line) => line.fence === null && line.number > 4)
    .flatMap((line) =>
      [...line.text.matchAll(path)].map((match) => ({ line, path: (match[1] ?? '').replace(/\.$/, '') })),
    )
    .filter((named) => !pathExists(place, named.path))
    .map(
      (named): Finding => ({
        file,
        line: named.line.number,
        rule: 'dead-path',
        message: `'${named.path}' does not exist`,
        fix: 'name an existing path',
      }),
    );
}

function pathExists(place: Place, path: string): boolean {
  if (!path.includes('*')) return existsSync(join(place.rootDir, path));
  const glob = path.replace(/\/$/, '');
  return place.files.some((file) => matchesGlob(file, glob) || matchesGlob(file, `${glob}/**`));
}

function checkCommands(place: Place, file: string, text: string): Finding[] {
  return linesOf(text)
    .flatMap((line) => commandsIn(line).map((command) => ({ line, command })))
    .flatMap(({ line, command }) => {
      const message = commandFault(place, command);
      return message === null
        ? []
        : [
            {
              file,
              line: line.number,
              rule: 'dead-command',
              message: `'${command}': ${message}`,
              fix: 'name a command that exists',
            },
          ];
    });
}

function commandsIn(line: Line): string[] {
  if (line.fence === 'sh') return line.text.trim() === '' || line.text.trim().startsWith('#') ? [] : [line.text.trim()];
  if (line.fence !== null) return [];
  return [...line.text.matchAll(/`([^`]+)`/g)]
    .map((match) => match[1] ?? '')
    .filter((code) => /^(npm |\.\/stanchion\b|node )/.test(code));
}

function commandFault(place: Place, command: string): string | null {
  const [program, ...words] = command.split(/\s+/);
  if (program === './stanchion') return verbFault(place, words);
  if (program === 'node')
    return existsSync(join(place.rootDir, words.find((word) => !word.startsWith('-')) ?? ''))
      ? null
      : 'there is no such file';
  if (program !== 'npm') return 'only npm, node and ./stanchion are known';
  const script = words[0] === 'run' ? words[1] : words[0];
  if (!['run', 'test', 'start'].includes(words[0] ?? '') || !place.scripts.has(script ?? ''))
    return `package.json has no script '${script}'`;
  const filter = words.includes('--') ? words[words.indexOf('--') + 1] : undefined;
  const matches =
    filter === undefined ||
    filter.startsWith('<') ||
    place.files.some((path) => path.includes('.test.') && path.includes(filter));
  return matches ? null : `no test file matches '${filter}'`;
}

/** `db`, `db start` and `db start|stop --json` are fine; `db check` is not, even if `config check` is. */
function verbFault(place: Place, words: readonly string[]): string | null {
  const named = wordsOf(words);
  const choices = named.at(-1)?.split('|') ?? [''];
  for (const choice of choices) {
    const verb = [...named.slice(0, -1), choice].join(' ');
    if (![...place.verbs].some((known) => known === verb || known.startsWith(`${verb} `)))
      return `the CLI has no verb '${verb}'`;
  }
  return null;
}

/** A command's words up to its first option or placeholder. */
function wordsOf(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => /^[-<[]/.test(word));
  return end === -1 ? words : words.slice(0, end);
}

function scriptNames(rootDir: string): Set<string> {
  const json: unknown = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
  return new Set(typeof json === 'object' && json !== null && 'scripts' in json ? Object.keys(json.scripts ?? {}) : []);
}

/** The CLI's verbs, from the first column of the reference that is generated from it. */
function verbNames(rootDir: string): Set<string> {
  const path = join(rootDir, 'docs/cli.md');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const rows = [...text.matchAll(/^\| `([a-z][^`]*)` \|/gm)].map((match) => match[1] ?? '');
  return new Set(rows.map((row) => wordsOf(row.split(' ')).join(' ')));
}
