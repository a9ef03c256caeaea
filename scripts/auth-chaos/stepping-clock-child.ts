/**
 * Preloaded into a server: its wall clock steps an hour ahead, an hour behind, and back, one step a signal. The monotonic
 * clock goes on, as it does on a machine whose clock is set.
 */
const hourMs = 3_600_000;
const steps = [hourMs, -hourMs, 0];
const realNow = Date.now.bind(Date);
let taken = 0;
let offsetMs = 0;

Date.now = () => realNow() + offsetMs;
process.on('SIGUSR2', () => {
  offsetMs = steps[taken % steps.length] ?? 0;
  taken += 1;
});
