/** What a service may know of the request that it serves: for sessions, limits and security events. */
export interface ClientContext {
  requestId: string;
  address: string;
  /** At most 256 characters; null when the client sent none. */
  userAgent: string | null;
}

/** Names follow the OWASP Logging Vocabulary; ours extend it. */
export type SecurityEventName =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'audit_left_out'
  | 'audit_pruned'
  | 'authn_token_created'
  | 'authn_token_refused'
  | 'authn_token_revoked'
  | 'authn_token_reuse'
  | 'authn_password_change'
  | 'authn_password_reset'
  | 'authn_password_upgrade'
  | 'authn_recovery_requested'
  | 'authn_recovery_fail'
  | 'authn_reauthentication_fail'
  | 'authn_email_change'
  | 'authn_email_change_requested'
  | 'authn_email_verified'
  | 'authz_fail'
  | 'excess_rate_limit_exceeded'
  | 'session_created'
  | 'session_revoked'
  | 'user_created'
  | 'signing_key_published'
  | 'signing_key_retired'
  | 'service_token_created'
  | 'service_token_revoked'
  | 'user_access_changed'
  | 'user_data_exported'
  | 'user_deleted';

export interface SecurityEvent {
  event: SecurityEventName;
  requestId?: string;
  address?: string;
  userId?: string;
  /** Who did it to that user; left out: the user. */
  actorId?: string;
  sessionId?: string;
  reason?: string;
}

export type SecurityEvents = (event: SecurityEvent) => void;
