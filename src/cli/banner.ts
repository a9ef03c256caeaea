/** The first user of an empty development database: known to everybody who reads this file, so nowhere else. */
export const demoUser = { email: 'demo@example.com', password: 'demo-password-123', name: 'Demo' } as const;

export interface BannerOptions {
  /** `http://host:port` */
  url: string;
  /** Where the embedded database keeps its files; undefined with a database of one's own. */
  dataLocation: string | undefined;
  hasDemoUser: boolean;
}

/** What a newcomer needs next. The three commands work when they are pasted one after the other. */
export function renderBanner({ url, dataLocation, hasDemoUser }: BannerOptions): string {
  const lines = ['', `  API     ${url}`, `  Docs    ${url}/docs`, `  Health  ${url}/ready`];
  if (dataLocation !== undefined) lines.push(`  Data    ${dataLocation} (embedded PostgreSQL, for development)`);
  if (hasDemoUser) lines.push(`  Login   ${demoUser.email} / ${demoUser.password}`, '', ...curlLines(url));
  lines.push('', `  Listening on ${url}. Ctrl-C stops it; the data stays.`, '');
  return lines.join('\n');
}

function curlLines(url: string): string[] {
  const credentials = JSON.stringify({ email: demoUser.email, password: demoUser.password });
  const task = JSON.stringify({ title: 'Read the README', priority: 'urgent_important' });
  const json = `-H 'content-type: application/json'`;
  const bearer = `-H "authorization: Bearer $TOKEN"`;
  return [
    '  Log in, who am I, create a task:',
    '',
    `TOKEN=$(curl -s ${url}/auth/login ${json} -d '${credentials}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${url}/auth/me ${bearer}; echo`,
    `curl -s ${url}/api/tasks ${bearer} ${json} -d '${task}'; echo`,
  ];
}
