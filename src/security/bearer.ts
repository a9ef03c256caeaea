/**
 * The credentials of an `Authorization` value, or undefined when it is not a bearer one (RFC 6750 §2.1, read as FastAPI
 * reads it: the scheme in any case, then everything after the first space; with no credentials it is not one).
 * Of several such headers the first counts; tokens in query or body are never looked at.
 */
export function parseBearer(authorization: string | readonly string[] | undefined): string | undefined {
  const value = typeof authorization === 'object' ? authorization[0] : authorization;
  if (value === undefined) return undefined;
  const space = value.indexOf(' ');
  if (space < 0 || value.slice(0, space).toLowerCase() !== 'bearer') return undefined;
  const credentials = value.slice(space + 1);
  return credentials === '' ? undefined : credentials;
}
