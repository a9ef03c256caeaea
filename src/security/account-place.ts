import { createHmac } from 'node:crypto';

/**
 * Where an account stands between 0 and 1: the same for the same name and secret, and evenly spread. Keyed, so that nobody
 * outside can tell which accounts are treated alike.
 */
export function placeOfAccount(secret: string, account: string): number {
  return (
    createHmac('sha256', secret).update(`stanchion account place v1\n${account}`).digest().readUInt32BE(0) / 2 ** 32
  );
}
