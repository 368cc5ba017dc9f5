// The switch of the manifest's filter of events: both states, with our rules, with Forge's validation and in the emulator.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseFilter } from '../emulator/filter.ts';
import { A, control, entries, startEmulator } from './support.ts';

const require = createRequire(import.meta.url);
const { switched } = require('../tools/trigger-filter.cjs') as { switched(text: string, on: boolean): string };
const { checkManifest } = require('../tools/checks.cjs') as { checkManifest(manifest: object): string[] };
const root = fileURLToPath(new URL('../', import.meta.url));
const committed = readFileSync(`${root}manifest.yml`, 'utf8');

type Trigger = { key: string; events: string[]; filter: Record<string, unknown> };
const triggersOf = (text: string): Trigger[] => (parse(text) as { modules: { trigger: Trigger[] } }).modules.trigger;
const EXPRESSION = "event.runtime.issue.properties['zammadlink'].linked == 1";

test('the switch is off in the repository and can be switched on and back', () => {
  const on = switched(committed, true);
  assert.equal(switched(committed, false), committed);
  assert.equal(switched(on, true), on);
  assert.equal(switched(on, false), committed);
  assert.throws(() => switched('modules: {}\n', true), /no line ends with/);
  const filters = (text: string) => triggersOf(text).map(({ filter }) => filter);
  assert.deepEqual(filters(committed), [{ ignoreSelf: true }, { ignoreSelf: true }, undefined]);
  assert.deepEqual(filters(on), [{ ignoreSelf: true, expression: EXPRESSION, onError: 'RECEIVE_AND_LOG' }, { ignoreSelf: true }, undefined]);
  assert.deepEqual(triggersOf(on)[1]?.events, ['avi:jira:deleted:issue', 'avi:jira:released:version']);
});

test('our rules and the validation of Forge accept the filter', () => {
  const on = switched(committed, true);
  assert.deepEqual(checkManifest(parse(on) as object), []);
  const app = `${root}dist/test/filter-app`;
  rmSync(app, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  for (const folder of ['src', 'ui', 'locales', 'static']) cpSync(root + folder, `${app}/${folder}`, { recursive: true });
  writeFileSync(`${app}/manifest.yml`, on);
  const validate = "require('@forge/manifest').validate().then((found) => process.stdout.write(JSON.stringify(found)))";
  const { stdout } = spawnSync(process.execPath, ['-e', validate], { cwd: app, encoding: 'utf8' });
  const { success, errors } = JSON.parse(stdout) as { success: boolean; errors?: unknown[] };
  assert.deepEqual([success, errors ?? []], [true, []]);
});

test('our rules refuse a filter of other events, by another property, or that loses events after an error', () => {
  const problems = (change: (trigger: Trigger) => void): string => {
    const manifest = parse(switched(committed, true)) as { modules: { trigger: Trigger[] } };
    change(manifest.modules.trigger[0] as Trigger);
    return checkManifest(manifest).join('\n');
  };
  assert.match(problems(({ events }) => events.push('avi:jira:released:version')), /released:version may not have a filter/);
  assert.match(problems(({ filter }) => (filter['expression'] = EXPRESSION.replace('link', 'lunk'))), /zammadlunk\.linked, which no/);
  assert.match(problems(({ filter }) => delete filter['onError']), /onError must be/);
});

test('the emulator delivers events of issues with the property, and all if it cannot be read', async (t) => {
  const seen: unknown[] = [];
  const trigger = { filter: parseFilter(EXPRESSION) };
  const env = await startEmulator(t, { jiraEvent: (event) => void seen.push((event as { issue: { id: string } }).issue.id), trigger });
  const asked: unknown[] = [];
  const jira = createServer(({ url, headers }, response) => {
    asked.push([url, headers.authorization]);
    const [, id] = /issue\/(\d+)\//.exec(url ?? '') ?? [];
    const values: Record<string, object> = { 1: { value: { linked: 1 } }, 2: { value: { linked: 0 } } };
    response.writeHead(values[id ?? ''] ? 200 : 404).end(JSON.stringify(values[id ?? ''] ?? {}));
  });
  await new Promise<void>((resolve) => jira.listen(0, '127.0.0.1', resolve));
  t.after(() => jira.close());
  const deliver = async (...ids: string[]): Promise<unknown[]> => {
    for (const id of ids) await control(env.origin, 'POST', `events/${A}`, { eventType: 'avi:jira:updated:issue', issue: { id } });
    await control(env.origin, 'GET', 'idle');
    return seen.splice(0);
  };
  env.emulator.install(A, 'cloud-a', `http://127.0.0.1:${(jira.address() as AddressInfo).port}`);
  assert.deepEqual(await deliver('1', '2', '3'), ['1']);
  assert.deepEqual(asked[0], ['/rest/api/3/issue/1/properties/zammadlink', `Bearer app:${A}`]);
  env.emulator.install(A, 'cloud-a', 'http://127.0.0.1:9');
  assert.deepEqual(await deliver('3'), ['3']);
  const outcomes = entries(env.emulator, 'event').map(({ outcome }) => outcome);
  assert.deepEqual(outcomes.filter((outcome) => outcome !== 'queued'), ['filtered', 'filtered', 'filter-failed']);
  assert.throws(() => parseFilter('event.issue.fields.project.key == "X"'), /does not model/);
});
