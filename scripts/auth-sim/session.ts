import { type Clock, createClock } from './clock.ts';
import type { Answer, Policy, SessionServer } from './policies.ts';
import { createRandom, type Random } from './random.ts';
import type { Scenario } from './scenarios.ts';

export interface SessionOutcome {
  refreshes: number;
  /** The server ended it as stolen. */
  isDead: boolean;
}

const accessSeconds = 900;
/** Clients refresh this long before their access token ends. */
const marginSeconds = 30;
const timeoutSeconds = 10;
const daySeconds = 86_400;
const hourSeconds = 3_600;

/** One session from its login to the end of the run, or of the session. */
export function simulateSession(
  policy: Policy,
  scenario: Scenario,
  { seed, days }: { seed: number; days: number },
): SessionOutcome {
  const end = Math.min(days, scenario.maxDays) * daySeconds;
  const clock = createClock(end);
  const server = policy.open();
  const owner = new Client({ clock, server, random: createRandom(seed), scenario, jar: new Jar(policy.monotonicJar) });
  for (let tab = 0; tab < scenario.tabs; tab += 1) owner.openTab();
  if (scenario.thief !== 'none') {
    const random = createRandom(seed ^ 0x5bd1e995);
    clock.at(end * (0.1 + 0.4 * random()), () => startThief({ clock, server, random, scenario, victim: owner }));
  }
  clock.run(() => server.isDead);
  return { refreshes: owner.refreshes, isDead: server.isDead };
}

/** What the tabs of one browser share. */
class Jar {
  token = 1;
  issuedAt = 0;
  readonly #isMonotonic: boolean;

  constructor(isMonotonic: boolean) {
    this.#isMonotonic = isMonotonic;
  }

  store({ token, issuedAt }: Answer): void {
    if (this.#isMonotonic && token < this.token) return;
    this.token = token;
    this.issuedAt = issuedAt;
  }
}

interface ClientParts {
  clock: Clock;
  server: SessionServer;
  random: Random;
  scenario: Scenario;
  jar: Jar;
}

class Client {
  refreshes = 0;
  readonly jar: Jar;
  readonly #parts: ClientParts;
  /** Where in the day this client's hours begin. */
  readonly #dayStart: number;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.jar = parts.jar;
    this.#dayStart = parts.random() * daySeconds;
  }

  openTab(): void {
    this.#wake();
  }

  /** A tab looks whether the stored access token still lasts; timers of all tabs are set to the same moment. */
  #wake(): void {
    const { clock, random, jar } = this.#parts;
    const asleep = this.#secondsAsleep(clock.now);
    const due = jar.issuedAt + accessSeconds - marginSeconds;
    if (asleep > 0) clock.at(clock.now + asleep + random() * 2, () => this.#wake());
    else if (due > clock.now) clock.at(due + random(), () => this.#wake());
    else this.#refresh();
  }

  #refresh(): void {
    const { clock, random, scenario } = this.#parts;
    const there = delaySeconds(scenario, random);
    let back = delaySeconds(scenario, random);
    // A tab in the background is frozen with its answer, and stores it when somebody looks at it again.
    if (random() < scenario.freezeRate) back = hourSeconds * (0.5 + 7.5 * random());
    const isFrozen = back >= hourSeconds / 2;
    const isLost = random() < scenario.lossRate;
    const isAnswered = !isLost && (isFrozen || there + back < timeoutSeconds);
    this.refreshes += 1;
    // A client that gives up closes its connection; now and then what it sent still arrives.
    const isStray = there >= timeoutSeconds;
    if (!isStray || random() < scenario.strayRate) this.#send({ there, back: isLost ? undefined : back, isAnswered });
    if (isAnswered) return;
    // Phones are put away while they wait.
    const isPutAway = isLost && random() < 0.1;
    const pause = isPutAway ? hourSeconds * (1 + 7 * random()) : timeoutSeconds + random();
    clock.at(clock.now + pause, () => this.#wake());
  }

  #send({ there, back, isAnswered }: { there: number; back: number | undefined; isAnswered: boolean }): void {
    const { clock, server, jar } = this.#parts;
    const { token } = jar;
    clock.at(clock.now + there, () => {
      const answer = server.present(token, clock.now);
      if (answer === undefined || back === undefined) return;
      clock.at(clock.now + back, () => this.#receive(answer, isAnswered));
    });
  }

  /** A late answer still reaches what is stored: a browser takes Set-Cookie whether or not somebody waits. */
  #receive(answer: Answer, isAwaited: boolean): void {
    const { clock, random, scenario, server, jar } = this.#parts;
    clock.at(clock.now + random() * 2 + delaySeconds(scenario, random), () => server.use(answer.token));
    if (scenario.forgetRate > 0 && random() < scenario.forgetRate) {
      clock.at(clock.now + hourSeconds * random(), () => this.#wake());
      return;
    }
    jar.store(answer);
    if (isAwaited) this.#wake();
  }

  #secondsAsleep(now: number): number {
    const open = this.#parts.scenario.activeHours * hourSeconds;
    const inDay = (now + this.#dayStart) % daySeconds;
    return inDay < open ? 0 : daySeconds - inDay;
  }
}

interface ThiefParts {
  clock: Clock;
  server: SessionServer;
  random: Random;
  scenario: Scenario;
  victim: Client;
}

/** Has a copy of what was stored at this moment. Its line is good: nothing that happens to it is an accident. */
function startThief({ clock, server, random, scenario, victim }: ThiefParts): void {
  let { token } = victim.jar;
  const isSilent = scenario.thief === 'silent';
  const steal = () => {
    const answer = server.present(token, clock.now);
    if (answer === undefined) return;
    token = answer.token;
    const used = answer.token;
    if (!isSilent) clock.at(clock.now + random(), () => server.use(used));
    if (scenario.thief === 'once') return;
    // The one in phase has read in the access token when the owner will come, and comes a few seconds later.
    const isInPhase = scenario.thief === 'in phase';
    const next = isInPhase ? answer.issuedAt + accessSeconds - marginSeconds + 10 : clock.now + ownSchedule(random);
    clock.at(next, steal);
  };
  const patience = scenario.thief === 'once' ? 8 * hourSeconds : accessSeconds;
  const due = victim.jar.issuedAt + accessSeconds - marginSeconds + 10;
  clock.at(scenario.thief === 'in phase' ? due : clock.now + random() * patience, steal);
}

/** A client like the owner's, whose timer is not as exact. */
function ownSchedule(random: Random): number {
  return accessSeconds - 2 * marginSeconds * random();
}

/** One way of one request: most are quick, some hang. */
function delaySeconds({ network }: Scenario, random: Random): number {
  const [typical, hangs] = network === 'mobile' ? [0.25, 0.01] : [0.05, 0.001];
  const quick = typical * (0.3 - Math.log(1 - random()));
  return random() < hangs ? quick + 60 * random() : quick;
}
