import { hold, isLetIn, needLab, needProduct, newAccount, post, times } from '../checks.ts';
import type { Account, Answer, Attack, Lab, Target } from '../types.ts';

const next = 'the next password of the attacked';

/** The link that the server has mailed; in development mail is printed to the log. */
async function mailedToken(lab: Lab, ask: () => Promise<Answer>): Promise<string> {
  lab.clearLog();
  const { status } = await ask();
  hold(status === 202, `asking for a link is answered ${status}`);
  for (let look = 0; look < 200; look += 1) {
    const token = /#token=([A-Za-z0-9_-]+)/.exec(lab.log())?.[1];
    if (token !== undefined) return token;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  hold(false, 'no link was mailed');
  return '';
}

function askReset(target: Target, lab: Lab, account: Account): Promise<string> {
  return mailedToken(lab, () => post(target, '/auth/password/forgot', { email: account.email }));
}

function reset(target: Target, token: string): Promise<Answer> {
  return post(target, '/auth/password/reset', { token, password: next });
}

/** The mail of the registration must be out first, or it would be taken for the one that is waited for. */
async function settled(target: Target, lab: Lab): Promise<Account> {
  const account = await newAccount(target);
  for (let look = 0; look < 200; look += 1) {
    if ((await lab.sql('select 1 from mail_jobs')).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return account;
}

export const recoveryAttacks: readonly Attack[] = [
  {
    number: 46,
    title: 'a link to reset a password: twice, in parallel, after a change of address, after a newer one',
    async run(target) {
      needProduct(target);
      const lab = needLab(target);
      const [twice, older, moved] = [
        await settled(target, lab),
        await settled(target, lab),
        await settled(target, lab),
      ];
      const token = await askReset(target, lab, twice);
      const answers = await Promise.all(times(10, () => reset(target, token)));
      hold(answers.filter(({ status }) => status === 204).length === 1, 'a link was used more than once, or never');
      hold((await reset(target, token)).status === 400, 'a spent link works again');
      hold(!(await isLetIn(target, twice.access)), 'a session survived the reset');
      const first = await askReset(target, lab, older);
      const second = await askReset(target, lab, older);
      hold((await reset(target, first)).status === 400, 'an older link works beside a newer one');
      hold((await reset(target, second)).status === 204, 'the newest link does not work');
      const sent = await askReset(target, lab, moved);
      await lab.sql(`update "user" set email = 'moved-' || email where id = '${moved.id}'`);
      hold((await reset(target, sent)).status === 400, 'a link to a former address works');
    },
  },
  {
    number: 47,
    title: 'a change of address without the password, without the old address being told, or after a new password',
    async run(target) {
      needProduct(target);
      const lab = needLab(target);
      const account = await settled(target, lab);
      const headers = [['authorization', `Bearer ${account.access}`]] as const;
      const change = (current_password: string) =>
        post(target, '/auth/email/change', { email: 'thief@example.com', current_password }, headers);
      hold((await change('not the password')).status === 403, 'the password is not asked for');
      lab.clearLog();
      const token = await mailedToken(lab, () => change(account.password));
      for (let look = 0; look < 200 && !lab.log().includes('A new e-mail address was asked for'); look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      hold(lab.log().includes('A new e-mail address was asked for'), 'the old address is not told of the request');
      hold((await post(target, '/auth/email/confirm', { token })).status === 204, 'the link does not work');
      for (let look = 0; look < 200 && !lab.log().includes('Your e-mail address was changed'); look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      hold(lab.log().includes('Your e-mail address was changed'), 'the old address is not told of the change');

      const warned = await settled(target, lab);
      const bearer = [['authorization', `Bearer ${warned.access}`]] as const;
      const asked = { email: 'thief2@example.com', current_password: warned.password };
      const planted = await mailedToken(lab, () => post(target, '/auth/email/change', asked, bearer));
      const mend = { current_password: warned.password, new_password: next };
      hold((await post(target, '/auth/password/change', mend, bearer)).status === 204, 'the password does not change');
      const late = await post(target, '/auth/email/confirm', { token: planted });
      hold(late.status === 400, 'a change that was asked for with the old password is confirmed after the new one');
    },
  },
];
