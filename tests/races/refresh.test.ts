import { describe } from 'node:test';
import { createTestDatabase } from '../support/postgres.ts';
import { raceRefreshes } from './refresh-races.ts';

describe('refreshes that race on PostgreSQL', () => {
  raceRefreshes((t, config) => createTestDatabase(t, { config }));
});
