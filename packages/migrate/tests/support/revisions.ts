import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, parseRevision, type RevisionGraph } from '../../src/index.ts';

export interface RevisionParts {
  id: string;
  parents?: readonly string[];
  phase?: string;
  header?: string;
  up: string;
  down?: string;
}

/** Only what matters is stated; the rest is a valid file. */
export function revisionText(parts: RevisionParts): string {
  const lines = [
    `-- stanchion:revision ${parts.id}`,
    `-- stanchion:down_revision [${(parts.parents ?? []).join(', ')}]`,
    `-- stanchion:phase ${parts.phase ?? 'expand'}`,
    `-- stanchion:summary revision ${parts.id}`,
    ...(parts.header === undefined ? [] : [parts.header]),
    '-- stanchion:up',
    parts.up,
  ];
  if (parts.down !== undefined) lines.push('-- stanchion:down', parts.down);
  return `${lines.join('\n')}\n`;
}

export function fileName(id: string): string {
  return `${id}_test.sql`;
}

export function graphOf(...revisions: RevisionParts[]): RevisionGraph {
  return buildGraph(revisions.map((parts) => parseRevision({ file: fileName(parts.id), text: revisionText(parts) })));
}

/** A step of a section. */
export function step(name: string, mode: string, sql: string): string {
  return `-- stanchion:step ${name} mode=${mode}\n${sql}`;
}

/** A folder of files, removed by `remove`. */
export async function writeFolder(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stanchion-migrate-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { folder, remove: async () => rm(folder, { recursive: true, force: true }) };
}
