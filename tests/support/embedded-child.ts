/** Starts the embedded database in a process of its own, so that a test can kill it: prints one JSON line, then waits. */
import { EmbeddedDatabaseError, startEmbeddedDatabase } from '../../src/database/embedded.ts';

const [, , dataDir = ''] = process.argv;
process.on('SIGTERM', () => void stop());

const started = startEmbeddedDatabase({ dataDir, log: { info: () => undefined } });
try {
  const { url, takenOver } = await started;
  process.stdout.write(`${JSON.stringify({ pid: process.pid, url, takenOver })}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  const { code, pid } = error instanceof EmbeddedDatabaseError ? error : { code: String(error), pid: undefined };
  process.stdout.write(`${JSON.stringify({ failed: code, pid })}\n`);
}

async function stop(): Promise<void> {
  await (await started).stop();
  process.exit(0);
}
