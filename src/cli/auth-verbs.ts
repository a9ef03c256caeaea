import type { Command } from 'commander';
import type { AddVerb } from './program.ts';

/** `auth …`: what an operator does and asks about authentication. */
export function addAuthVerbs(program: Command, verb: AddVerb): void {
  const auth = program.command('auth').description('keys, tokens and passwords');
  verb(
    auth.command('hashes').description('count the stored password hashes by how they were made; reads out none'),
    async () => (await import('./auth-hashes.ts')).authHashes,
  );
  addKeyVerbs(auth, verb);
  addServiceTokenVerbs(auth, verb);
  addAuditVerbs(auth, verb);
}

function addServiceTokenVerbs(auth: Command, verb: AddVerb): void {
  const tokens = auth.command('service-tokens').description('tokens of other services');
  verb(
    tokens
      .command('create')
      .description('make one, and print it this once')
      .requiredOption('--name <text>', 'what it is for')
      .requiredOption('--scope <scope...>', 'what it may, such as users:read tokens:introspect')
      .option('--expires-in-days <number>', 'its end (default: none)'),
    async () => (await import('./auth-service-tokens.ts')).serviceTokenCreate,
  );
  verb(
    tokens.command('list').description('list all of them, also those that no longer work; reads out none'),
    async () => (await import('./auth-service-tokens.ts')).serviceTokenList,
  );
  verb(
    tokens.command('revoke').description('end one').argument('<id>', 'as `auth service-tokens list` prints it'),
    async () => (await import('./auth-service-tokens.ts')).serviceTokenRevoke,
  );
}

function addKeyVerbs(auth: Command, verb: AddVerb): void {
  const keys = auth.command('keys').description('the keys of access tokens');
  verb(
    keys.command('list').description('list every key with its state and when it was last seen'),
    async () => (await import('./auth-keys.ts')).authKeysList,
  );
  verb(
    keys
      .command('rotate')
      .description('publish a new key that signs after a while; its predecessor goes on verifying')
      .option('--alg <name>', 'EdDSA or ES256', 'EdDSA')
      .option('--signs-in <time>', 'from then on it signs; longer than any cache keeps the key set', '10m'),
    async () => (await import('./auth-keys.ts')).authKeysRotate,
  );
  verb(
    keys
      .command('retire')
      .description('end a key that signs no more')
      .argument('<kid>', 'as `auth keys list` prints it')
      .option('--force', 'also while tokens of it may be in use: their holders must refresh'),
    async () => (await import('./auth-keys.ts')).authKeysRetire,
  );
  const legacy = auth.command('legacy').description("tokens of the old backend's kind");
  verb(
    legacy.command('status').description('say who still holds one, and whether they can end; exit code 1 when not'),
    async () => (await import('./auth-legacy-status.ts')).authLegacyStatus,
  );
}

function addAuditVerbs(auth: Command, verb: AddVerb): void {
  const audit = auth.command('audit').description('the chain of security events');
  verb(
    audit.command('verify').description('walk the whole chain; exit code 1 where it does not hold'),
    async () => (await import('./auth-audit-verify.ts')).authAuditVerify,
  );
  verb(
    audit
      .command('prune')
      .description('remove old events from its beginning; what is left still verifies')
      .requiredOption('--older-than <time>', 'as 400d')
      .option('--yes', 'really remove them'),
    async () => (await import('./auth-audit-prune.ts')).authAuditPrune,
  );
  verb(
    auth
      .command('explain')
      .description('say why a request was refused, by the X-Request-Id of its answer')
      .argument('<request-id>', 'as the client reports it'),
    async () => (await import('./auth-explain.ts')).authExplain,
  );
}
