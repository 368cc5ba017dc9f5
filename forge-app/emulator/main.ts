// The emulator as a program: `node emulator/main.ts --port 0 --bundle dist/bundle`.
import { parseArgs } from 'node:util';
import { loadBundle, type AppBundle } from './bundle.ts';
import { SystemClock } from './clock.ts';
import { Emulator } from './emulator.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, bundle: { type: 'string', default: 'dist/bundle' } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write('--port: must be 0 to 65535\n');
  process.exit(64);
}

let app: AppBundle;
try {
  app = loadBundle(values.bundle);
} catch (error) {
  process.stderr.write(`${values.bundle}: cannot load the bundle of the app, run "npm run bundle": ${String(error)}\n`);
  process.exit(66);
}
const emulator = new Emulator(app, new SystemClock());
const origin = await emulator.listen(port);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await emulator.close();
  process.exit(0);
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
// The parent process holds stdin: when it ends for any reason, stdin closes and the emulator stops.
process.stdin.once('end', () => void stop()).resume();

process.stdout.write(`emulator listening on ${origin}\n`);
