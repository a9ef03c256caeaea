/** What a caller may do beyond their own data. A product adds its own scopes here; routes ask for one by name. */
export const scopes = [
  'users:read',
  'users:write',
  'sessions:end',
  'service-tokens:write',
  'tokens:introspect',
] as const;
export type Scope = (typeof scopes)[number];

/** A user without a stored role is a `user`: so is everyone whom the incumbent registered. */
export const roles = ['user', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What each role may. Read on every request from the role on file, never from a token: a demotion needs no new one. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  user: [],
  admin: scopes,
};

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

/** Only what the database's CHECK knows; anything else would be a fault, and has no rights. */
export function roleOf(stored: string | null): Role {
  return stored === 'admin' ? 'admin' : 'user';
}
