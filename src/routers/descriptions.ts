import type { ErrorCode } from '../errors.ts';

/** What a reader of the document should know of an operation beyond its shapes. */
export interface Description {
  text: string;
  /** What it may refuse for, beside a missing or bad token where it asks for one, values (422), and what any route may answer. */
  refusals?: readonly ErrorCode[];
}

const links = 'Only where mail is configured. ';
const limited = 'rate_limited' as const;

/** By method and path. A test holds that every operation of our own is here, and nothing else. */
export const descriptions: Readonly<Record<string, Description>> = {
  'POST /auth/register': {
    text: 'Makes an account and mails a link to confirm its address. A password needs length (PASSWORD_MIN_LENGTH), no kinds of characters, and must not be known from breached accounts.',
    refusals: ['conflict', limited, 'overloaded'],
  },
  'POST /auth/login': {
    text: 'Opens a session. As JSON with `email`, or as the form of OAuth2 with `username`. An unknown address, a wrong password and a disabled user are answered alike.',
    refusals: ['invalid_credentials', limited, 'overloaded'],
  },
  'POST /auth/refresh': {
    text: 'Answers the next pair of tokens. Send the newest refresh token, store the new one before using the new access token, and never replace one by another of a lower `generation`. Asked again after a lost answer, or by two tabs at once, it answers the same pair; a spent token that comes back later ends the session.',
    refusals: ['invalid_refresh_token', limited],
  },
  'POST /auth/logout': { text: 'Ends the session of the access token.' },
  'POST /auth/logout-all': { text: 'Ends every session of the user.' },
  'GET /auth/me': { text: 'The user of the access token.' },
  'DELETE /auth/me': {
    text: 'Deletes the account with everything that is kept of it. In the audit trail stays that something happened, without an address.',
    refusals: ['reauthentication_failed', limited, 'overloaded'],
  },
  'GET /auth/me/export': { text: 'Everything that is kept of the user.', refusals: [limited] },
  'GET /auth/sessions': { text: 'The sessions that still work, the most recently used first.' },
  'DELETE /auth/sessions': { text: 'Ends every session but the one that asks.' },
  'DELETE /auth/sessions/{session_id}': { text: 'Ends one session of the user.', refusals: ['not_found'] },
  'POST /auth/password/change': {
    text: 'Sets another password and ends every session but the one that asks; the owner is told by mail.',
    refusals: ['reauthentication_failed', limited, 'overloaded'],
  },
  'POST /auth/password/forgot': {
    text: `${links}Mails a link to reset the password, if the address is a user's. The answer is the same if it is not.`,
    refusals: [limited],
  },
  'POST /auth/password/reset': {
    text: `${links}Takes the token of that link, sets the password and ends every session.`,
    refusals: ['invalid_account_token', limited, 'overloaded'],
  },
  'POST /auth/email/verification': {
    text: `${links}Mails the user a link to confirm the address.`,
    refusals: [limited],
  },
  'POST /auth/email/verify': {
    text: `${links}Takes the token of that link.`,
    refusals: ['invalid_account_token', limited],
  },
  'POST /auth/email/change': {
    text: `${links}Mails a link to the new address, which changes nothing until it is confirmed, and tells the old one. The answer is the same for an address that is taken.`,
    refusals: ['reauthentication_failed', limited, 'overloaded'],
  },
  'POST /auth/email/confirm': {
    text: `${links}Takes the token of that link, moves the account to the new address and ends every session but the one that asked for it.`,
    refusals: ['invalid_account_token', 'conflict', limited],
  },
  'POST /auth/cookie/login': {
    text: 'Opens a session whose tokens are in `__Host-` cookies that no script reads. Only from a page of an allowed origin (ALLOWED_ORIGINS), and over TLS or on localhost: browsers keep no such cookie otherwise.',
    refusals: ['permission_denied', 'invalid_credentials', limited, 'overloaded'],
  },
  'POST /auth/cookie/refresh': {
    text: 'The same as /auth/refresh, from and into the cookies. Whatever it refuses, the cookies stay.',
    refusals: ['permission_denied', 'invalid_refresh_token', limited],
  },
  'POST /auth/cookie/logout': {
    text: 'Ends the session of whichever cookie is left, and clears all of them. Nothing to end is no fault.',
    refusals: ['permission_denied'],
  },
  'POST /auth/introspect': {
    text: 'RFC 7662, with the scope `tokens:introspect`: whether an access or a service token would be taken now, and whose it is. Of any other token only `active: false` is said.',
    refusals: ['permission_denied'],
  },
  'POST /auth/revoke': {
    text: 'RFC 7009: ends the session of a refresh or access token, or a service token itself. Holding it is proof enough; a token that is none is no fault.',
  },
  'GET /admin/users': {
    text: 'With the scope `users:read`: the user with this address, in whatever spelling; an empty list for none.',
    refusals: ['permission_denied'],
  },
  'GET /admin/users/{user_id}': {
    text: 'With the scope `users:read`.',
    refusals: ['permission_denied', 'not_found'],
  },
  'PATCH /admin/users/{user_id}': {
    text: 'With the scope `users:write`: disables or enables a user, or gives it a role. Disabling and another role end its sessions. Nobody changes their own access, or that of somebody who may more than they may.',
    refusals: ['permission_denied', 'not_found', 'conflict'],
  },
  'GET /admin/users/{user_id}/sessions': {
    text: 'With the scope `users:read`: the sessions that still work.',
    refusals: ['permission_denied', 'not_found'],
  },
  'DELETE /admin/users/{user_id}/sessions': {
    text: 'With the scope `sessions:end`: ends every session of the user.',
    refusals: ['permission_denied', 'not_found'],
  },
  'DELETE /admin/users/{user_id}/sessions/{session_id}': {
    text: 'With the scope `sessions:end`: ends one session.',
    refusals: ['permission_denied', 'not_found'],
  },
  'POST /admin/service-tokens': {
    text: 'With the scope `service-tokens:write`: makes a token for another service. The token is in this answer and nowhere else; nobody gives a scope that they do not have.',
    refusals: ['permission_denied'],
  },
  'GET /admin/service-tokens': {
    text: 'With the scope `service-tokens:write`: all of them, also those that no longer work, the newest first.',
    refusals: ['permission_denied'],
  },
  'DELETE /admin/service-tokens/{token_id}': {
    text: 'With the scope `service-tokens:write`: ends one.',
    refusals: ['permission_denied', 'not_found'],
  },
  'GET /.well-known/jwks.json': {
    text: 'RFC 7517: the public keys of access tokens. A key is here before it signs; keep the set as long as Cache-Control says, and ask again for a `kid` that it lacks.',
    refusals: ['database_unavailable'],
  },
};
