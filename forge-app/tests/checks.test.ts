// Our own lint rules: the real manifest and glue pass, and each rule detects its violation.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { parse } from 'yaml';

type Checks = Record<'checkManifest' | 'checkGlue', (subject: object) => string[]> & { checkPackage(json: object, lock: string): string[] };
const { checkManifest, checkGlue, checkPackage } = createRequire(import.meta.url)('../tools/checks.cjs') as Checks;
const root = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

// The manifest as data that the tests change.
type Mutable = { permissions: Record<string, unknown> & { scopes: string[] }; modules: { trigger: { events: string[]; filter?: object; function: string }[] } & Record<string, unknown> } & Record<string, unknown>;
const manifest = (): Mutable => parse(read('manifest.yml')) as Mutable;

function expectProblem(change: (subject: Mutable) => void, message: RegExp): void {
  const subject = manifest();
  change(subject);
  const problems = checkManifest(subject);
  assert.equal(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', message);
}

test('the manifest, glue and package of the app pass', () => {
  const glue = readdirSync(new URL('src/', root)).filter((name) => name.endsWith('.ts'));
  assert.deepEqual(checkManifest(manifest()), []);
  assert.deepEqual(checkGlue(Object.fromEntries(glue.map((name) => [name, read(`src/${name}`)]))), []);
  assert.deepEqual(checkPackage(JSON.parse(read('package.json')) as object, read('package-lock.json')), []);
});

test('refuses every manifest key that allows external connections', () => {
  expectProblem((m) => (m.permissions['external'] = { fetch: { backend: ['https://x.example'] } }), /^permissions\.external:/);
  expectProblem((m) => (m['remotes'] = []), /^remotes:/);
  expectProblem((m) => (m['providers'] = {}), /^providers:/);
  expectProblem((m) => (m['connectModules'] = {}), /^connectModules:/);
});

test('scopes: requires storage:app and refuses scopes that are not needed', () => {
  expectProblem((m) => m.permissions.scopes.shift(), /storage:app is missing/);
  expectProblem((m) => m.permissions.scopes.push('manage:jira-configuration'), /manage:jira-configuration/);
});

test('triggers: requires known events, ignoreSelf and existing functions', () => {
  expectProblem((m) => m.modules.trigger[0]?.events.push('avi:jira:update:issue'), /unknown event avi:jira:update:issue/);
  expectProblem((m) => delete m.modules.trigger[0]?.filter, /ignoreSelf/);
  expectProblem((m) => Object.assign(m.modules.trigger[0] ?? {}, { function: 'nobody' }), /no function nobody/);
});

test('glue: refuses other imports, fetch, trusted routes, module state and more than 400 lines', () => {
  const one = (text: string): string[] => checkGlue({ 'x.ts': text });
  assert.match(one("import net from 'node:net';\n")[0] ?? '', /imports node:net/);
  assert.match(one("const x = await import('axios');\n")[0] ?? '', /imports axios/);
  assert.match(one('const x = await fetch(url);\n')[0] ?? '', /calls fetch/);
  assert.match(one('requestJira(assumeTrustedRoute(x));\n')[0] ?? '', /escaping/);
  assert.match(one('let last: string;\n')[0] ?? '', /module-level state/);
  assert.match(one('\n'.repeat(401))[0] ?? '', /401 lines of glue/);
  assert.deepEqual(one("import { kvs } from '@forge/kvs';\n"), []);
});

test('package: requires exact versions and no host in the lockfile', () => {
  assert.match(checkPackage({ dependencies: { '@forge/kvs': '^1.6.5' } }, '')[0] ?? '', /not an exact version/);
  assert.match(checkPackage({}, '"resolved": "https://registry.example/x.tgz"')[0] ?? '', /registry host/);
  assert.match(checkPackage({ type: 'commonjs' }, '')[0] ?? '', /commonjs/);
});
