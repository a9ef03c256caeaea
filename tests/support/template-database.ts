/** The name of a database that has our migrations; made by whoever comes first. */
export function ensureTemplate(_serverUrl: string): Promise<string> {
  return Promise.resolve('template1');
}
