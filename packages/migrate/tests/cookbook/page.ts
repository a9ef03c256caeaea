import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { autogenerate, buildGraph, parseRevision, type RevisionGraph } from '../../src/index.ts';
import type { Shadow } from '../../src/shadow/shadow.ts';
import { answersOf } from '../autogenerate/case.ts';
import { type Recipe, recipes } from './recipes.ts';

export const baseline = 'aaaaaaaaaaaa';

export function graphBefore(before: string): RevisionGraph {
  const text = [
    `-- stanchion:revision ${baseline}`,
    '-- stanchion:down_revision []',
    '-- stanchion:phase baseline',
    '-- stanchion:summary before',
    '-- stanchion:up',
    '-- stanchion:step make mode=tx',
    before,
    '',
  ].join('\n');
  return buildGraph([parseRevision({ file: `${baseline}_before.sql`, text })]);
}

/** The whole page, with what autogenerate writes for each recipe; ids follow from the recipe, so that a run is like another. */
export async function renderPage(shadow: Shadow): Promise<string> {
  const { connection } = await shadow.createDatabase();
  const parts = [intro];
  for (const [index, recipe] of recipes.entries()) {
    const revisions = await autogenerate(graphBefore(recipe.before), tmpdir(), {
      connection,
      models: { sql: recipe.after, origin: 'models.sql' },
      summary: recipe.name.toLowerCase(),
      renames: recipe.renames ?? [],
      answers: answersOf(recipe),
      dryRun: true,
      verify: false,
    });
    let texts = revisions.map((one) => one.text);
    for (const [at, { revision }] of revisions.entries()) {
      const id = createHash('sha256').update(`${recipe.name} ${at}`).digest('hex').slice(0, 12);
      texts = texts.map((text) =>
        text.replaceAll(revision, id).replaceAll(`_st_${revision.slice(0, 6)}`, `_st_${id.slice(0, 6)}`),
      );
    }
    parts.push(section(recipe, index + 1, texts));
  }
  return `${parts.join('\n\n')}\n`;
}

const intro = `# Cookbook

The changes that are made most often, each in the form that the version which is running survives: \`revision --autogenerate\` writes it, here as
everywhere. A test writes this page again and compares, runs every revision of it up, down and up beside rows, and compares the schema each time.

Expand before the new version is deployed; backfill while both run; contract when nothing that still runs needs what goes. Every
\`ACCESS EXCLUSIVE\` below is for an instant and waits 200 ms at most before it lets others through and tries again.`;

function section(recipe: Recipe, number: number, texts: readonly string[]): string {
  const command = `stanchion-migrate revision --autogenerate -m "${recipe.name.toLowerCase()}"${recipe.flags === undefined ? '' : ` ${recipe.flags}`}`;
  return [
    `## ${number}. ${recipe.name}`,
    recipe.text,
    `\`\`\`sql before\n${recipe.before}\n\`\`\``,
    `\`\`\`sql models\n${recipe.after}\n\`\`\``,
    `\`\`\`sh\n${command}\n\`\`\``,
    ...texts.map((text) => `\`\`\`sql revision\n${text.trimEnd()}\n\`\`\``),
  ].join('\n\n');
}

export interface PageRecipe {
  title: string;
  before: string;
  models: string;
  revisions: string[];
}

/** What stands on the page, and nothing else. */
export function parsePage(page: string): PageRecipe[] {
  return page
    .split(/^## \d+\. /m)
    .slice(1)
    .map((part) => {
      const blocks = (info: string): string[] =>
        [...part.matchAll(new RegExp(`^\`\`\`sql ${info}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
      const [before = '', models = ''] = [blocks('before')[0], blocks('models')[0]];
      return { title: part.split('\n')[0] ?? '', before, models, revisions: blocks('revision') };
    });
}
