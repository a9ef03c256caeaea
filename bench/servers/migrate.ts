import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ourEnvironment, ourProgram } from './programs.ts';

/** Takes the incumbent's database over, as an owner would: `migrate upgrade`. Throws with what it printed. */
export async function upgradeDatabase(url: string): Promise<void> {
  const { command, args, cwd } = ourProgram(url, []);
  const verb = args.map((arg) => (arg === 'serve' ? ['migrate', 'upgrade'] : [arg])).flat();
  const env = { PATH: process.env['PATH'], TZ: 'UTC', ...ourEnvironment(url) };
  const child = spawn(command, verb, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`migrate upgrade ended with ${code}:\n${printed}`);
}
