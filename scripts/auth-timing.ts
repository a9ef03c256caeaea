/**
 * `npm run auth:timing [-- --samples 1000]`: whether known and unknown accounts can be told apart by the time of an answer, on a
 * server of its own whose users have hashes of the old backend and of this one. Questions of both kinds are asked in turns, one at a time.
 * Exits 1 when one kind of question tells them apart (scripts/auth-timing/separability.ts says what counts). Some minutes.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { longPassword, post } from './attack/checks.ts';
import { startLab } from './attack/lab.ts';
import { product } from './attack/surfaces.ts';
import type { Target } from './attack/types.ts';
import { gapTolerance, largestGap, separability, tolerance } from './auth-timing/separability.ts';
import { readOptions, wholeNumber } from './options.ts';

const { values } = readOptions(import.meta.filename, { options: { samples: { type: 'string', default: '1000' } } });
const samples = wholeNumber(import.meta.filename, 'samples', { text: values.samples, least: 20 });

const oldHash = '$2b$12$ZGdHtYDoxgj3w9GgqU538.AgUajYBTwF9vEHtCsmhRc7C4tZQwlbi';
const lab = await startLab(product);
let isSeparable = false;
try {
  const known = await addUsers(lab.target, 20);
  // The server looks at its users when it starts: another instance knows these.
  const target = await lab.target.lab?.start({});
  if (!target) throw new TypeError('a lab starts instances');
  await new Promise((resolve) => setTimeout(resolve, 500));
  const questions: Record<string, (email: string) => Promise<unknown>> = {
    'a login': (email) => target.surface.logIn(target, email, 'a wrong password of some length'),
    'a login with more than 72 bytes': (email) => target.surface.logIn(target, email, 'wrong '.repeat(20)),
    'the old sign-in': (email) => post(target, '/api/v1/auth/signin', { email, password: 'a wrong password' }),
    'a forgotten password': (email) => post(target, '/auth/password/forgot', { email }),
  };
  for (const [name, ask] of Object.entries(questions)) {
    const { ofKnown, ofUnknown } = await measure(known, ask);
    const chance = separability(ofKnown, ofUnknown);
    const gap = largestGap(ofKnown, ofUnknown);
    const isApart = Math.abs(chance - 0.5) > tolerance(samples) || gap > gapTolerance(samples);
    isSeparable ||= isApart;
    console.log(
      `${isApart ? 'SEPARABLE' : 'held'}: ${name}, ${samples} of each\n` +
        `  known takes longer in ${percent(chance)} of all pairs (50 ± ${percent(tolerance(samples))} is not separable)\n` +
        `  the shares below a time differ by at most ${percent(gap)} (up to ${percent(gapTolerance(samples))} is not separable)\n` +
        `  quarters: known ${quarters(ofKnown)}; unknown ${quarters(ofUnknown)} ms`,
    );
  }
} finally {
  await lab.stop();
}
process.exit(isSeparable ? 1 : 0);

/** Half of them with a hash of the old backend, half with a new one. */
async function addUsers(target: Target, count: number): Promise<string[]> {
  const emails = Array.from({ length: count }, () => `known-${randomBytes(6).toString('hex')}@example.com`);
  for (const [at, email] of emails.entries()) {
    await product.register(target, email, longPassword);
    if (at % 2 === 0)
      await target.lab?.sql(`update "user" set hashed_password = '${oldHash}' where email = '${email}'`);
  }
  return emails;
}

async function measure(known: readonly string[], ask: (email: string) => Promise<unknown>) {
  const [ofKnown, ofUnknown]: [number[], number[]] = [[], []];
  while (ofKnown.length < samples || ofUnknown.length < samples) {
    const isKnown = ofUnknown.length >= samples || (ofKnown.length < samples && randomInt(2) === 0);
    const email = isKnown
      ? (known[randomInt(known.length)] ?? '')
      : `nobody-${randomBytes(6).toString('hex')}@example.com`;
    const began = performance.now();
    await ask(email);
    (isKnown ? ofKnown : ofUnknown).push(performance.now() - began);
  }
  return { ofKnown, ofUnknown };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Between which a quarter of the times lies each: a mix of two kinds of hashes has no telling middle. */
function quarters(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((share) => (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(1)).join(' / ');
}
