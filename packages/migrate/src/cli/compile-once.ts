import { setFlagsFromString } from 'node:v8';

/**
 * For a process that ends with its verb: V8 would soon compile the SQL parser's WebAssembly a second time, optimized, in other
 * threads. That is half of the CPU of a lint of 500 statements, and is not made up for by 10,000.
 */
export function compileWasmOnce(): void {
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}
