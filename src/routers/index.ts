import type { Guards } from '../plugins/authenticate.ts';
import type { App } from '../plugins/typed-app.ts';
import type { PublishedKeys } from '../security/keys.ts';
import type { SessionsService } from '../services/sessions.ts';
import type { TasksService } from '../services/tasks.ts';
import type { UsersService } from '../services/users.ts';
import { registerAuth } from './auth.ts';
import { registerKeys } from './keys.ts';
import { registerTasks } from './tasks.ts';

export interface RouterServices {
  tasks: TasksService;
  sessions: SessionsService;
  users: UsersService;
  publicKeys: () => PublishedKeys;
}

/** Every router of the product, in the order in which paths are matched. */
export function registerRouters(app: App, services: RouterServices, guards: Guards): void {
  registerTasks(app, services.tasks, guards);
  registerAuth(app, services, guards);
  registerKeys(app, services.publicKeys);
}
