// scheduling.test.ts starts this process, and ends it.
process.on('disconnect', () => process.exit());
process.on('message', () => undefined);
process.send?.('ready');
