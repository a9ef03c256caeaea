/**
 * What each reason of a refusal means, for the operator who asks why (`auth explain`); a client is never told. A test holds
 * that every reason of the code stands here.
 */
export function explainReason(reason: string): string | null {
  return (
    texts[reason] ??
    (reason.startsWith('header_') ? texts.header_member : undefined) ??
    (reason.startsWith('scope_') ? texts.scope : undefined) ??
    explainAccess(reason) ??
    null
  );
}

/** What a user may do after a change. */
function explainAccess(reason: string): string | undefined {
  const [, state, role] = /^(active|disabled)_([a-z]+)$/.exec(reason) ?? [];
  return state && role ? `The user is ${state} now, with the role ${role}.` : undefined;
}

const texts: Readonly<Record<string, string>> = {
  // Before any token was looked at.
  no_header: 'The request had no Authorization header.',
  no_credentials: 'The Authorization header had no token behind its scheme.',
  no_cookie: 'The request had no cookie with a refresh token: it expired, was cleared, or the browser did not send it.',
  metrics_token: 'It is not METRICS_TOKEN.',
  not_bearer: 'The Authorization header was no bearer token: another scheme, no token, or more than one space.',
  origin_missing:
    'A request with session cookies that changes something came without Origin: no browser page of ours does that.',
  origin_foreign:
    'A request with session cookies came from a page of another site (is it missing in ALLOWED_ORIGINS?).',
  // The text of the token.
  token_too_long: 'The token has more characters than any of ours.',
  segments: 'The token does not have three parts.',
  base64url: 'A part of the token is not canonical base64url: padded, cut off, or with stray bits.',
  header_json: 'The header is no JSON object, or has a key twice.',
  payload_json: 'The payload is no JSON object, or has a key twice.',
  malformed: 'The refresh token does not have the form of ours.',
  // Who vouches for it.
  unknown_key:
    'No key of this deployment has the id that the token names. Was a key retired, or is the token of another deployment?',
  algorithm: 'The token asks for another algorithm than its key has.',
  signature: 'The signature does not fit: the token was changed, or made with another key.',
  ring_mac: 'The refresh token was not made with the secrets of this deployment.',
  session_mac: 'The refresh token does not belong to this session.',
  header_member: 'The header has a member that brings a key of its own or changes how the token is read.',
  legacy_sunset: 'Tokens of the old backend are no longer accepted (LEGACY_TOKENS_ACCEPT_UNTIL).',
  // What it says.
  type: 'It is a token of another kind: a refresh token, a link, or one without `typ: at+jwt`.',
  issuer: 'It was issued by somebody else (`iss`).',
  audience: 'It is meant for somebody else (`aud`).',
  expired: 'It has expired. The client should have refreshed it.',
  expiry: 'Its `exp` is missing or no time.',
  exp_type: 'Its `exp` is no number.',
  nbf_type: 'Its `nbf` is no number.',
  iat_type: 'Its `iat` is no number.',
  sub_type: 'Its `sub` is no text.',
  jti_type: 'Its `jti` is no text.',
  lifetime: 'It would live longer than any token of ours.',
  not_before: 'Its `nbf` is no time.',
  not_yet_valid: 'It is not valid yet. Do the clocks of the machines agree?',
  issued_at: 'Its `iat` is missing, no time, or in the future.',
  subject: 'Its `sub` names no user.',
  session: 'Its `sid` names no session.',
  token_id: 'Its `jti` is missing or no id.',
  scopes: 'Its `scope` is no list of scopes.',
  generation: 'Its `gen` is no number.',
  at_hash: 'It has `at_hash`, which the old backend refused too.',
  no_user: 'It has no `user_id`.',
  user: 'Its `user_id` is no UUID.',
  // Who holds it.
  session_ended: 'Its session was ended: logged out, revoked, expired, or ended by a change of password.',
  user_missing: 'Its user does not exist any more.',
  user_inactive: 'Its user is disabled.',
  user_ended: 'Its session was ended.',
  service_token: 'The service token is none of ours, was revoked, or has expired.',
  legacy_token:
    'A token of the old kind administers nothing, because the old secret can make one for anybody: its holder must log in at /auth/login.',
  scope: 'Neither the role of the user nor the service token has the scope that this route asks for.',
  generation_ahead:
    'The refresh token is newer than the session in the database: was the database restored or branched?',
  unknown: 'There is no such session, or it has ended.',
  token_reuse:
    'A refresh token that was spent came back: its session was ended. Either it was stolen, or a client kept an old one.',
  // Passwords and links.
  user_unknown: 'There is no user with this address. The client was told the same as for a wrong password.',
  password_wrong: 'The password was wrong.',
  password_changed: 'The password was changed, or the user disabled or deleted, while this request was under way.',
  password_too_long: 'The password has more characters than any that could be set.',
  password_malformed: 'The password was no Unicode text.',
  password_has_nul: 'The password had the character U+0000, which no password of ours has.',
  pepper_unknown:
    'The hash was made with a pepper that this instance does not have: are PASSWORD_PEPPERS the same on all of them?',
  unusable: 'The user has no password: the stored hash is locked or empty.',
  cost_exceeds_limit: 'The stored hash asks for more work than any hash may.',
  unknown_format: 'The stored hash is of a kind that nobody here can check (`auth hashes` counts them).',
  reset_password: 'The link to reset a password was used, withdrawn by a newer one, expired, or is none of ours.',
  verify_email:
    'The link to confirm an address was used, withdrawn by a newer one, expired, or its address was replaced.',
  change_email: 'The link to confirm a new address was used, withdrawn by a newer one, expired, or is none of ours.',
  // Why a session ended.
  logout: 'The user logged out.',
  logout_all: 'The user logged out everywhere.',
  logout_others: 'The user ended all sessions but the one that asked.',
  ended_by_admin: 'An administrator ended it.',
  access_changed: 'An administrator disabled the user or gave it another role.',
  password_reset: 'The password was reset.',
  password_change: 'The password was changed in another session of the user.',
  email_change: 'The address was changed, which another session had asked for.',
  user_deleted: 'The user deleted the account.',
  legacy: 'A token of the old kind was made.',
  // Limits.
  loginPerAccount: 'Too many logins to this account (LOGIN_RATE_LIMIT_PER_ACCOUNT).',
  loginPerAddress: 'Too many logins from this address (LOGIN_RATE_LIMIT_PER_ADDRESS).',
  registerPerAddress: 'Too many registrations from this address (REGISTER_RATE_LIMIT_PER_ADDRESS).',
  refreshPerAddress: 'Too many refreshes from this address (REFRESH_RATE_LIMIT_PER_ADDRESS).',
  recoveryPerAccount: 'Too many mails were asked for this account (RECOVERY_RATE_LIMIT_PER_ACCOUNT).',
  recoveryPerAddress: 'Too many recoveries from this address (RECOVERY_RATE_LIMIT_PER_ADDRESS).',
  exportPerAccount: 'Too many exports of this account (EXPORT_RATE_LIMIT_PER_ACCOUNT).',
};
