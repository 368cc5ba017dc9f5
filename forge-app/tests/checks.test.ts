// Our own lint rules: the real manifest and glue pass, and each rule detects its violation.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { parse } from 'yaml';

type Checks = Record<'checkManifest' | 'checkGlue' | 'checkPages', (subject: object) => string[]> & { checkPackage(json: object, lock: string): string[] };
const { checkManifest, checkGlue, checkPages, checkPackage } = createRequire(import.meta.url)('../tools/checks.cjs') as Checks;
const root = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

// The manifest as data that the tests change.
type Mutable = { permissions: Record<string, unknown> & { scopes: string[] }; modules: { trigger: { events: string[]; filter?: object; function: string }[] } & Record<string, unknown> } & Record<string, unknown>;
const manifest = (): Mutable => parse(read('manifest.yml')) as Mutable;

function expectProblem(change: (subject: Mutable) => void, message: RegExp, number = 1): void {
  const subject = manifest();
  change(subject);
  const problems = checkManifest(subject);
  assert.equal(problems.length, number, problems.join('\n'));
  for (const problem of problems) assert.match(problem, message);
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

test('scopes: requires storage:app and a reviewed reason for each', () => {
  expectProblem((m) => m.permissions.scopes.shift(), /storage:app is missing/);
  expectProblem((m) => m.permissions.scopes.push('manage:jira-configuration'), /manage:jira-configuration is refused/);
  for (const scope of ['read:confluence-content.all', 'write:page:confluence', 'search:confluence']) {
    expectProblem((m) => m.permissions.scopes.push(scope), /Confluence/);
  }
  expectProblem((m) => m.permissions.scopes.push('read:issue:jira'), /read:issue:jira has no reviewed reason/);
  expectProblem((m) => m.permissions.scopes.push('constructor'), /constructor has no reviewed reason/);
  expectProblem((m) => m.permissions.scopes.pop(), /report:personal-data is reviewed but missing/);
});

test('triggers: requires known events, ignoreSelf and existing functions', () => {
  expectProblem((m) => m.modules.trigger[0]?.events.push('avi:jira:update:issue'), /unknown event avi:jira:update:issue/);
  expectProblem((m) => delete m.modules.trigger[0]?.filter, /ignoreSelf/);
  expectProblem((m) => Object.assign(m.modules.trigger[0] ?? {}, { function: 'nobody' }), /no function nobody/);
  // A misspelt event of the platform arrives as little; there is no event of an uninstall.
  expectProblem((m) => m.modules.trigger.at(-1)?.events.push('avi:forge:uninstalled:app'), /unknown event avi:forge:uninstalled:app|ignoreSelf/, 2);
});

test('functions: every one is used and exists, within the memory there is', () => {
  const functions = (m: Mutable) => m.modules['function'] as { key: string; handler: string; runtime?: object }[];
  expectProblem((m) => functions(m).push({ key: 'spare', handler: 'index.spare' }), /function spare: no module uses it/);
  expectProblem((m) => ((m.modules['jira:adminPage'] as { resolver: object }[])[0] = { resolver: { function: 'nobody' } }), /no function nobody|function admin: no module uses it/, 2);
  expectProblem((m) => ((m.modules['scheduledTrigger'] as object[])[0] = { key: 'daily', function: 'panel' }), /function scheduled-handler: no module uses it/);
  expectProblem((m) => (functions(m)[0] = { ...functions(m)[0]!, runtime: { memoryMB: 2048 } }), /memoryMB is more than 1024/);
});

test('glue: refuses other imports, fetch, trusted routes, module state and more than 400 lines', () => {
  const one = (text: string): string[] => checkGlue({ 'x.ts': text });
  assert.match(one("import net from 'node:net';\n")[0] ?? '', /imports node:net/);
  assert.match(one("const x = await import('axios');\n")[0] ?? '', /imports axios/);
  assert.match(one('const x = await fetch(url);\n')[0] ?? '', /calls fetch/);
  assert.match(one('requestJira(assumeTrustedRoute(x));\n')[0] ?? '', /escaping/);
  for (const path of ["'/rest/api/3/myself'", '"/rest"', '`/rest/${id}`']) assert.match(one(`asApp().requestJira(${path}, {});\n`)[0] ?? '', /a text to requestJira/);
  assert.match(one('let last: string;\n')[0] ?? '', /module-level state/);
  assert.match(one('\n'.repeat(401))[0] ?? '', /401 lines of glue/);
  assert.deepEqual(one("import { kvs } from '@forge/kvs';\n"), []);
});

test('pages: refuses imports of anything but UI Kit and the pages themselves', () => {
  const one = (from: string): string[] => checkPages({ 'ui/panel/index.tsx': `import x from '${from}';\n` });
  for (const from of ['@forge/react', '@forge/bridge', 'react', '../shared/root', './part']) assert.deepEqual(one(from), []);
  assert.deepEqual(checkPages({ 'ui/x.ts': "const range = 'from' | 'to';\n" }), []);
  for (const from of ['../../ui-host/src/tree.ts', '../../../elsewhere', '@atlaskit/button', 'axios']) assert.match(one(from)[0] ?? '', /imports .*; allowed are only ui/);
});

test('package: requires exact versions, all of them in the lockfile, and no host in it', () => {
  const lock = (packages: object): string => JSON.stringify({ packages });
  const [wanted, locked] = [{ dependencies: { '@forge/react': '11.17.0' } }, { version: '11.17.0', integrity: 'sha512-x' }];
  assert.deepEqual(checkPackage(wanted, lock({ 'node_modules/@forge/react': locked })), []);
  assert.match(checkPackage(wanted, lock({}))[0] ?? '', /@forge\/react is missing/);
  assert.match(checkPackage(wanted, lock({ 'node_modules/@forge/react': { ...locked, version: '11.16.0' } }))[0] ?? '', /is 11.16.0, not 11.17.0/);
  assert.match(checkPackage(wanted, lock({ 'node_modules/@forge/react': { version: '11.17.0' } }))[0] ?? '', /no checksum/);
  assert.match(checkPackage({ dependencies: { '@forge/kvs': '^1.6.5' } }, '')[0] ?? '', /not an exact version/);
  assert.match(checkPackage({}, '{"resolved": "https://registry.example/x.tgz"}')[0] ?? '', /registry host/);
  assert.match(checkPackage({ type: 'commonjs' }, '')[0] ?? '', /commonjs/);
});
