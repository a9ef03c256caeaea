import { AppError } from '../errors.ts';
import type { App } from '../plugins/typed-app.ts';
import type { ReadinessService } from '../services/readiness.ts';

export interface LegacyHealthOptions {
  readiness: ReadinessService;
  /** The incumbent's probes are constants: they say "connected" while the database is down. */
  healthConstant: boolean;
}

export function registerLegacyHealth(app: App, { readiness, healthConstant }: LegacyHealthOptions): void {
  app.get('/health', { config: { openapi: { name: 'health_check' } } }, async () => ({ status: 'healthy' }));

  app.get('/health/db', { config: { openapi: { name: 'db_health_check' } } }, async () => {
    if (!healthConstant) await assertDatabase(readiness);
    return { status: 'database connected' };
  });

  app.get('/health/auth', { config: { openapi: { name: 'auth_health_check' } } }, async () => {
    if (!healthConstant) await assertDatabase(readiness);
    return { status: 'authentication system operational' };
  });
}

async function assertDatabase(readiness: ReadinessService): Promise<void> {
  const reasons = await readiness.findReasons();
  const reason = reasons.find(({ code }) => code === 'database_unreachable');
  if (reason) throw new AppError('database_unavailable', { detail: reason.message, retryAfterSeconds: 2 });
}
