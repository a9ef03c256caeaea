import { renderLintRules } from '@stanchion/migrate';

/** docs/lint-rules.md: the table of rules as a page. */
export async function renderLintRulesDocs(): Promise<string> {
  return `<!-- Generated from packages/migrate/src/lint/rules by \`npm run generate\`. -->\n\n${await renderLintRules()}`;
}
