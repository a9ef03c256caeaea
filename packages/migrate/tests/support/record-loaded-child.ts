/** With `--import`: writes what the process has loaded, one module a line, into the file that LOADED_MODULES names. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env['LOADED_MODULES'] ?? '';
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => appendFileSync(file, `${[...loaded, ...builtins()].join('\n')}\n`));

/** However they were asked for; not those that are of Node's start. */
function builtins(): string[] {
  const list: unknown = Reflect.get(process, 'moduleLoadList');
  const names = Array.isArray(list)
    ? list.map((entry) => /^NativeModule (?!internal\/)(\S+)$/.exec(String(entry))?.[1])
    : [];
  return names.flatMap((name) => (name === undefined ? [] : [`node:${name}`]));
}
