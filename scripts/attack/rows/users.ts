import { hold, isLetIn, needLab, needProduct, newAccount, post, times, withToken } from '../checks.ts';
import { jsonOf } from '../http.ts';
import type { Attack } from '../types.ts';

export const userAttacks: readonly Attack[] = [
  {
    number: 22,
    title: 'a live access token of a user who was deleted, disabled or demoted',
    async run(target) {
      const lab = needLab(target);
      const [deleted, disabled, demoted] = [
        await newAccount(target),
        await newAccount(target),
        await newAccount(target),
      ];
      await lab.sql(`delete from "user" where id = '${deleted.id}'`);
      await lab.sql(`update "user" set is_active = false where id = '${disabled.id}'`);
      await lab.sql(`update "user" set role = 'admin' where id = '${demoted.id}'`);
      await lab.sql(`update "user" set role = null where id = '${demoted.id}'`);
      const fresh = await lab.start({ SESSION_CHECK_SECONDS: '0' });
      for (const account of [deleted, disabled])
        hold(!(await isLetIn(fresh, account.access)), 'it still works beyond the documented bound');
      const answer = await withToken(fresh, demoted.access, 'GET', `/admin/users/${demoted.id}`);
      hold(answer.status === 403, `the demoted user is answered ${answer.status}`);
    },
  },
  {
    number: 44,
    title: 'fields that are not the caller’s: role, is_superuser, email_verified, id, is_active',
    async run(target) {
      const wanted = '3f2c9a10-7b1d-4e55-9a6e-0c1d2e3f4a5b';
      const more = {
        role: 'admin',
        is_superuser: true,
        email_verified: true,
        is_active: false,
        id: wanted,
        user_id: wanted,
        scopes: ['users:write'],
      };
      const email = `mass-${Date.now()}@example.com`;
      const registered = await target.surface.register(target, email, 'an attacker’s own long password', more);
      hold(registered.status === 201 || registered.status === 422, `answered ${registered.status}`);
      const login = await target.surface.logIn(target, email, 'an attacker’s own long password');
      const account = await target.surface.accountOf(login, '', email, target);
      hold(account.id !== wanted, 'the id is the caller’s choice');
      const me = jsonOf(await withToken(target, account.access));
      const data = typeof me.data === 'object' && me.data !== null ? { ...me.data } : me;
      hold(!('role' in data) || data.role !== 'admin', 'the role was set');
      hold(!('email_verified' in data) || data.email_verified !== true, 'the address counts as verified');
      const admin = await withToken(target, account.access, 'GET', `/admin/users/${account.id}`);
      hold(admin.status === 403 || admin.status === 404, `administration is answered ${admin.status}`);
      const task = await post(
        target,
        '/api/tasks',
        { title: 'x', priority: 'urgent_important', user_id: wanted, id: wanted },
        [['authorization', `Bearer ${account.access}`]],
      );
      hold(!task.body.includes(wanted), 'a task was made for somebody else');
    },
  },
  {
    number: 45,
    title: 'the sessions, tasks and data of another user',
    async run(target) {
      const [attacker, victim] = [await newAccount(target), await newAccount(target)];
      const created = await post(target, '/api/tasks', { title: 'private', priority: 'urgent_important' }, [
        ['authorization', `Bearer ${victim.access}`],
      ]);
      const data = jsonOf(created).data;
      const id = typeof data === 'object' && data !== null && 'id' in data ? String(data.id) : '';
      hold(id !== '', 'the task could not be made');
      for (const method of ['GET', 'DELETE', 'PUT']) {
        const body =
          method === 'PUT'
            ? JSON.stringify({ title: 'mine', priority: 'urgent_important', is_completed: true })
            : undefined;
        const answer = await target.send({
          method,
          path: `/api/tasks/${id}`,
          headers: [
            ['authorization', `Bearer ${attacker.access}`],
            ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
          ],
          ...(body === undefined ? {} : { body }),
        });
        hold(answer.status === 404, `${method} of another’s task is answered ${answer.status}`);
      }
      if (target.surface.name === 'product') {
        const sessions = jsonOf(await withToken(target, victim.access, 'GET', '/auth/sessions')).sessions;
        const session: unknown = Array.isArray(sessions) ? sessions[0] : undefined;
        const sid = typeof session === 'object' && session !== null && 'id' in session ? String(session.id) : '';
        const ended = await withToken(target, attacker.access, 'DELETE', `/auth/sessions/${sid}`);
        hold(ended.status === 404, `ending another’s session is answered ${ended.status}`);
      }
      hold(await isLetIn(target, victim.access), 'the victim was signed out');
    },
  },
  {
    number: 42,
    title: '50 parallel sign-ups of one address in mixed case',
    async run(target) {
      const name = `race-${Date.now()}`;
      const answers = await Promise.all(
        times(50, (n) =>
          target.surface.register(
            target,
            n % 2 === 0 ? `${name}@example.com` : `${name.toUpperCase()}@example.com`,
            'an attacker’s own long password',
          ),
        ),
      );
      const statuses = new Set(answers.map(({ status }) => status));
      hold(
        [...statuses].every((status) => [201, 409, 429, 503].includes(status)),
        `answered ${[...statuses].join()}`,
      );
      const made = answers.filter(({ status }) => status === 201).length;
      // The old contract keeps two addresses that differ by case apart.
      hold(made === 1 || (target.surface.name === 'incumbent' && made === 2), `${made} accounts were made`);
      if (target.surface.name === 'product') needProduct(target);
    },
  },
];
