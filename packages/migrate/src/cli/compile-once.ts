import { setFlagsFromString } from 'node:v8';

/**
 * For a process that ends with its verb: V8 would soon compile the SQL parser's WebAssembly a second time, optimized, in other
 * threads. That is half of the CPU of a lint of 500 statements, and is not made up for by 10,000. Not called before
 * everything is loaded: with other flags V8 takes nothing of the code that is cached, Node's own included.
 */
export function compileWasmOnce(): void {
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}
