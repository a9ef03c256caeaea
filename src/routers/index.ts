import type { Guards } from '../plugins/authenticate.ts';
import type { App } from '../plugins/typed-app.ts';
import type { PublishedKeys } from '../security/keys.ts';
import type { AccountsService } from '../services/accounts.ts';
import type { AdministrationService } from '../services/administration.ts';
import type { IntrospectionService } from '../services/introspection.ts';
import type { MailService } from '../services/mail.ts';
import type { PersonalDataService } from '../services/personal-data.ts';
import type { ServiceTokensService } from '../services/service-tokens.ts';
import type { SessionsService } from '../services/sessions.ts';
import type { TasksService } from '../services/tasks.ts';
import type { UsersService } from '../services/users.ts';
import { registerAccounts } from './accounts.ts';
import { registerAdministration } from './administration.ts';
import { registerAuth } from './auth.ts';
import { registerIntrospection } from './introspection.ts';
import { registerKeys } from './keys.ts';
import { registerTasks } from './tasks.ts';

export interface RouterServices {
  administration: AdministrationService;
  introspection: IntrospectionService;
  serviceTokens: ServiceTokensService;
  accounts: AccountsService;
  personalData: PersonalDataService;
  mail: Pick<MailService, 'isConfigured'>;
  tasks: TasksService;
  sessions: SessionsService;
  users: UsersService;
  publicKeys: () => Promise<PublishedKeys>;
}

/** Every router of the product, in the order in which paths are matched. */
export function registerRouters(app: App, services: RouterServices, guards: Guards): void {
  registerTasks(app, services.tasks, guards);
  registerAuth(app, services, guards);
  registerAccounts(app, services, guards);
  registerIntrospection(app, services.introspection, guards);
  registerAdministration(app, services, guards);
  registerKeys(app, services.publicKeys);
}
