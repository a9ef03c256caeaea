import { setOwn } from '../json/key-order.ts';
import type { Run } from './run.ts';

/** An object that JSON or a form made: not an array, and none of this package's value classes. */
export function isJsonObject(input: unknown): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return false;
  // One look tells nearly always; only a member of that name, or a class, needs the other, which is slow.
  if (input.constructor === Object) return true;
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === Object.prototype || prototype === null;
}

/** A sent key as a step of a place, where Rust has replaced each byte of a lone surrogate. */
export function stepOf(key: string): string {
  return key.isWellFormed() ? key : key.replaceAll(/\p{Surrogate}/gu, '\ufffd\ufffd\ufffd');
}

interface Replacement {
  value: unknown;
  checked: unknown;
  run: Run;
}

/** Puts a typed value into the input itself, which an echo finds as it was sent. */
export function replaceMember(
  object: Record<string, unknown>,
  key: string,
  { value, checked, run }: Replacement,
): void {
  run.replaced = { object, key, value, before: run.replaced };
  setOwn(object, key, checked);
}
