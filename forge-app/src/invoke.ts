// Runs one invocation of the core: it calls `step`, performs the effects and passes their results to the next step. All state
// is local, because the platform reuses a warm process for different tenants.
import { Invocation, initSync } from './wasm/core';
import bytes from './wasm/bytes.json';
import { appVersion, environmentType, installId, licence } from './context';
import { perform, type Effect } from './platform';
import { sanitize } from './sanitize';

initSync({ module: Buffer.from(bytes, 'base64') });

/** Far more than any invocation needs; ends an endless loop of the core before the platform's time limit. */
const MAX_STEPS = 1000;
/** The platform keeps 100 lines per minute of run time; further lines would displace others. */
const MAX_LOG_LINES = 100;

type Kind = 'web_trigger' | 'jira_event' | 'admin' | 'overview' | 'panel' | 'lifecycle' | 'scheduled' | 'pre_uninstall';
type LogLine = { level: string; event: string; fields?: unknown };
type Step = { logs: LogLine[]; effects?: Effect[]; done?: unknown };

export async function run(kind: Kind, payload: unknown, accountId: string | null, body?: string): Promise<unknown> {
  const context = { installId: installId(), accountId, appVersion: appVersion(), environmentType: environmentType(), licence: licence() };
  const core = new Invocation(kind, JSON.stringify({ context, payload: sanitize(payload) }), bodyBytes(body));
  const log = logger();
  let answers = '[]';
  for (let count = 0; count < MAX_STEPS; count += 1) {
    const step = JSON.parse(core.step(Date.now(), answers)) as Step;
    step.logs.forEach(log);
    if (step.done !== undefined) {
      // Not in a `finally`: after a trap inside `step` the object is still borrowed, and `free` would throw an error that
      // hides the original one.
      core.free();
      return step.done;
    }
    answers = JSON.stringify(await Promise.all((step.effects ?? []).map(perform)));
  }
  core.free();
  throw new Error('the core did not finish');
}

function bodyBytes(body: string | undefined): Uint8Array | undefined {
  return body === undefined ? undefined : Buffer.from(body, 'utf8');
}

function logger(): (line: LogLine) => void {
  let left = MAX_LOG_LINES;
  return ({ level, event, fields }) => {
    left -= 1;
    if (left < 0) return;
    const line = left === 0 ? { level: 'warn', event: 'log-limit' } : { level, event, fields };
    const write = line.level === 'error' ? console.error : line.level === 'warn' ? console.warn : console.log;
    write(JSON.stringify(line));
  };
}
