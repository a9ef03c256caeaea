import type { Kind } from './kinds.ts';
import { oneOf } from './kinds.ts';
import type { QuirkFlags } from './types.ts';
import { type Variable, variable } from './variable.ts';

/** For each switchable oddity of the incumbent: its variable, its default and what hardening it changes. */
export const quirkVariables = {
  QUIRK_SIGNUP_PASSWORD_TOO_LONG_409: quirk(
    'signupPasswordTooLong409',
    'a sign-up password over 72 bytes is answered 422 instead of 409',
  ),
  QUIRK_EMAIL_NOT_VALIDATED: quirk('emailNotValidated', 'sign-up takes only what looks like an e-mail address'),
  QUIRK_EMPTY_PASSWORD_ACCEPTED: quirk('emptyPasswordAccepted', 'sign-up asks for a password of the minimum length'),
  QUIRK_SIGNIN_TRUNCATES_72: quirk('signinTruncates72', 'all bytes of a password are compared, not only the first 72'),
  QUIRK_SIGNOUT_DOES_NOT_REVOKE: quirk('signoutDoesNotRevoke', 'sign-out ends the session of the token that is sent'),
  QUIRK_INACTIVE_USER_ALLOWED: hardened(
    'inactiveUserAllowed',
    'an inactive user cannot sign in and its tokens are refused',
  ),
  QUIRK_USER_NOT_CHECKED: hardened('userNotChecked', 'a token for a user that does not exist is refused'),
  QUIRK_TOKEN_WITHOUT_EXP: quirk('tokenWithoutExp', 'a token without exp is refused'),
  QUIRK_TOKEN_CRIT_IGNORED: quirk('tokenCritIgnored', 'a token with a crit header is refused (RFC 7515 §4.1.11)'),
  QUIRK_TOKEN_LOOSE_BASE64: hardened('tokenLooseBase64', 'a token with padding after its signature is refused'),
  QUIRK_SORT_TITLE_IGNORED: quirk('sortTitleIgnored', 'sort_by=title sorts by title'),
  QUIRK_VALIDATION_ECHOES_SECRETS: quirk('validationEchoesSecrets', 'a 422 body never repeats a password'),
  QUIRK_ENCODED_SLASH_DECODED: quirk('encodedSlashDecoded', '%2F in a path is no separator'),
  QUIRK_REDIRECT_HOST_HEADER: quirk('redirectHostHeader', 'the redirect of a trailing slash names no host'),
  QUIRK_HEALTH_CONSTANT: quirk('healthConstant', '/health/db and /health/auth tell the truth'),
};

/** A quirk on which a client can depend: kept until somebody hardens it. */
function quirk(field: keyof QuirkFlags, change: string): Variable<boolean> {
  return variable({ kind: quirkKind(), default: 'legacy', field: `quirks.${field}`, help: `Hardened: ${change}.` });
}

/** A quirk on which no honest client can depend. */
function hardened(field: keyof QuirkFlags, change: string): Variable<boolean> {
  return { ...quirk(field, change), default: 'hardened' };
}

/** True keeps the incumbent's behaviour. */
function quirkKind(): Kind<boolean> {
  const words = oneOf(['legacy', 'hardened']);
  return {
    accepts: words.accepts,
    parse: (text) => {
      const parsed = words.parse(text);
      return 'value' in parsed ? { value: parsed.value === 'legacy' } : parsed;
    },
  };
}
