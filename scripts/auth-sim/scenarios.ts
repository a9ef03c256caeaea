/** One world in which every policy is tried. */
export interface Scenario {
  name: string;
  /** Tabs of one browser, or processes of one app: they share what is stored. */
  tabs: number;
  /** Answers that never reach the client although the server acted. */
  lossRate: number;
  network: 'wired' | 'mobile';
  /** Hours of each day in which the client is open. */
  activeHours: number;
  /** The client uses its new access token and ends before it has stored the new refresh token. */
  forgetRate: number;
  /** Answers that a frozen tab stores hours later, over what its neighbours have stored since. */
  freezeRate: number;
  /** Requests that arrive, up to a minute late, although their client gave them up and tried again. */
  strayRate: number;
  /** `lockstep` and `silent` refresh on a schedule of their own, and `silent` makes no other request. */
  thief: 'none' | 'lockstep' | 'in phase' | 'silent' | 'once';
  /** At most this many days, whatever was asked for. */
  maxDays: number;
  /** What the default policy promises here; undefined: nothing, the number is for the reader. */
  promise: 'no wrongful logouts' | 'thieves caught' | undefined;
}

const owner = {
  tabs: 1,
  lossRate: 0.003,
  activeHours: 10,
  forgetRate: 0,
  strayRate: 0,
  freezeRate: 0,
  thief: 'none',
  maxDays: 365,
} as const;
const watched = { ...owner, network: 'wired', maxDays: 7, promise: 'thieves caught' } as const;

export const scenarios: readonly Scenario[] = [
  { name: '1 tab, 0.3 % lost', ...owner, network: 'wired', promise: 'no wrongful logouts' },
  { name: 'mobile, 3 % lost', ...owner, lossRate: 0.03, network: 'mobile', promise: 'no wrongful logouts' },
  {
    name: '4 tabs, 0.3 % lost',
    ...owner,
    tabs: 4,
    freezeRate: 0.0002,
    network: 'wired',
    promise: 'no wrongful logouts',
  },
  {
    name: '4 tabs, mobile',
    ...owner,
    tabs: 4,
    freezeRate: 0.0002,
    lossRate: 0.03,
    network: 'mobile',
    promise: 'no wrongful logouts',
  },
  // The price of confirmation by use: a client that uses what it has not stored.
  { name: '0.1 % not stored', ...owner, forgetRate: 0.001, network: 'wired', promise: undefined },
  // What no window covers: a request that comes back from the dead.
  { name: 'mobile, 5 % stray', ...owner, lossRate: 0.03, strayRate: 0.05, network: 'mobile', promise: undefined },
  { name: 'thief in lockstep', ...watched, activeHours: 24, thief: 'lockstep' },
  { name: 'thief, once', ...watched, thief: 'once' },
  // Comes within the window each time: the price of every window.
  { name: 'thief in phase', ...watched, activeHours: 24, thief: 'in phase', promise: undefined },
  // Never sends a request, so that nothing shows that it has the successor.
  { name: 'thief, refreshes only', ...watched, activeHours: 24, thief: 'silent', promise: undefined },
];
