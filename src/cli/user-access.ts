import { type CliContext, CliError, type VerbResult } from './verb.ts';
import { cliClient, withServices } from './with-services.ts';

export interface UserAccessOptions {
  readonly email: string;
  readonly role?: string;
  readonly disable?: boolean;
  readonly enable?: boolean;
}

/** What a user may: also how the first admin is made. Throws CliError `usage` and AppError. */
export async function userAccess(options: UserAccessOptions, context: CliContext): Promise<VerbResult> {
  const { email, disable = false, enable = false } = options;
  if (disable && enable)
    throw new CliError('usage', '--disable and --enable contradict each other', 'give one of them');
  const role = readRole(options.role);
  const isActive = disable || enable ? { is_active: enable } : {};
  return withServices(context, async ({ administration }) => {
    const found = await administration.findUserByEmail(email);
    if (!found)
      throw new CliError('failed', `There is no user ${email}.`, 'check the address, or make one with `user create`');
    const change = { ...isActive, ...(role === undefined ? {} : { role }) };
    const user = await administration.setAccess(found.id, change, null, cliClient);
    const state = user.is_active ? 'active' : 'disabled';
    return { data: { user }, text: `${user.email} (${user.id}) is ${state}, with the role ${user.role}.` };
  });
}

function readRole(text: string | undefined): 'user' | 'admin' | undefined {
  if (text === undefined || text === 'user' || text === 'admin') return text;
  throw new CliError('usage', `--role ${text} is no role`, 'give user or admin');
}
