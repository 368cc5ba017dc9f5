// Checks that Forge's own lint lacks (docs/platforms/forge.md §9), and rules of this product. Each check returns its problems.
const path = require('node:path');

// Events of the platform itself, which the app never causes.
const LIFE_CYCLE = new Set(['avi:forge:installed:app', 'avi:forge:upgraded:app']);
const EVENTS = new Set([
  'avi:jira:commented:issue',
  'avi:jira:deleted:comment',
  'avi:jira:created:attachment',
  'avi:jira:updated:issue',
  'avi:jira:deleted:issue',
  'avi:jira:released:version',
  ...LIFE_CYCLE,
]);
// Events that a filter by a property of their issue may have: those that Forge supports, without deletions of issues, of which
// it is not verified that the property can still be read.
const FILTERABLE = new Set([
  'avi:jira:commented:issue',
  'avi:jira:deleted:comment',
  'avi:jira:created:attachment',
  'avi:jira:updated:issue',
]);
// Every scope that was reviewed, with its reason. A further one has to be approved by the admins of all sites.
const SCOPES = {
  'storage:app': 'keeps settings, links and the queue of changes',
  'read:jira-work': 'reads linked issues, their comments and files, and hears their events',
  'write:jira-work': 'writes comments, files, fields, remote links and the mark of linked issues',
  'read:jira-user': 'finds people by name or e-mail address, for the map of people',
  'report:personal-data': 'tells Atlassian which accounts are stored, and learns which were closed',
};
// Scopes that somebody may want to add, and why they stay out.
const REFUSED_SCOPES = [
  [/^manage:jira-configuration$/, 'the app may not change how Jira is configured'],
  [/confluence/, 'the app has nothing to do with Confluence'],
];
// Each of these keys allows connections to servers outside of Atlassian's cloud.
const FORBIDDEN = ['external', 'remotes', 'providers', 'connectModules', 'endpoint'];
const MAX_MEMORY_MB = 1024;
const IMPORTS = new Set(['@forge/api', '@forge/events', '@forge/kvs', '@forge/resolver', 'node:crypto']);
const PAGE_IMPORTS = new Set(['@forge/bridge', '@forge/react', 'react']);
const MAX_GLUE_LINES = 400;
const MAX_FILE_LINES = 600;

function checkManifest(manifest) {
  const problems = [];
  const walk = (node, trail) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (FORBIDDEN.includes(key)) problems.push(`${[...trail, key].join('.')}: this app may reach only its own Jira site`);
      walk(value, [...trail, key]);
    }
  };
  walk(manifest, []);
  const scopes = manifest.permissions?.scopes ?? [];
  if (!scopes.includes('storage:app')) problems.push('permissions.scopes: storage:app is missing, so @forge/kvs would respond 403');
  for (const scope of scopes) {
    const [, why] = REFUSED_SCOPES.find(([pattern]) => pattern.test(scope)) ?? [];
    if (why) problems.push(`permissions.scopes: ${scope} is refused: ${why}`);
    else if (!Object.hasOwn(SCOPES, scope)) problems.push(`permissions.scopes: ${scope} has no reviewed reason in tools/checks.cjs`);
  }
  for (const scope of Object.keys(SCOPES)) {
    if (scope !== 'storage:app' && !scopes.includes(scope)) problems.push(`permissions.scopes: ${scope} is reviewed but missing; remove its reason with it`);
  }
  const functions = new Set((manifest.modules?.function ?? []).map(({ key }) => key));
  for (const trigger of manifest.modules?.trigger ?? []) {
    for (const event of trigger.events) {
      const name = typeof event === 'string' ? event : event.eventType;
      // Forge's lint accepts a misspelt event, which then never arrives.
      if (!EVENTS.has(name)) problems.push(`trigger ${trigger.key}: unknown event ${name}`);
    }
    const isOfPlatform = trigger.events.every((event) => LIFE_CYCLE.has(event));
    if (!isOfPlatform && trigger.filter?.ignoreSelf !== true) problems.push(`trigger ${trigger.key}: filter.ignoreSelf must be true`);
    problems.push(...checkFilter(manifest, trigger));
  }
  problems.push(...checkFunctions(manifest, functions));
  return problems;
}

/** Forge's lint accepts a function that nothing calls, and one with more memory than there is. */
function checkFunctions(manifest, functions) {
  const problems = [];
  const used = new Set();
  for (const [kind, modules] of Object.entries(manifest.modules ?? {})) {
    if (kind === 'function') continue;
    for (const module of modules) {
      for (const name of [module.function, module.resolver?.function].filter((found) => found !== undefined)) {
        used.add(name);
        if (!functions.has(name)) problems.push(`${module.key}: no function ${name}`);
      }
    }
  }
  for (const name of functions) if (!used.has(name)) problems.push(`function ${name}: no module uses it`);
  for (const { key, runtime } of [{ key: 'app', ...manifest.app }, ...(manifest.modules?.function ?? [])]) {
    if (runtime?.memoryMB > MAX_MEMORY_MB) problems.push(`${key}: memoryMB is more than ${MAX_MEMORY_MB}`);
  }
  return problems;
}

/** Forge accepts a filter by a property that does not exist, or of an event that it cannot filter, and then delivers nothing. */
function checkFilter(manifest, { key, events, filter }) {
  if (filter?.expression === undefined) return [];
  const problems = [];
  const declared = new Set((manifest.modules['jira:entityProperty'] ?? []).flatMap(({ propertyKey, values }) => values.map(({ path }) => `${propertyKey} ${path}`)));
  for (const [, property, path] of filter.expression.matchAll(/event\.runtime\.issue\.properties\['([^']*)'\]\.(\w+)/g)) {
    if (!declared.has(`${property} ${path}`)) problems.push(`trigger ${key}: the filter reads ${property}.${path}, which no jira:entityProperty declares`);
  }
  for (const event of events) if (!FILTERABLE.has(event)) problems.push(`trigger ${key}: ${event} may not have a filter by a property`);
  if (filter.onError !== 'RECEIVE_AND_LOG') problems.push(`trigger ${key}: filter.onError must be RECEIVE_AND_LOG, so that an error loses no event`);
  return problems;
}

/** files: name -> text of the files in src, without generated code. */
function checkGlue(files) {
  const problems = [];
  let total = 0;
  for (const [name, text] of Object.entries(files)) {
    const lines = text.split('\n').length - 1;
    total += lines;
    if (lines > MAX_FILE_LINES) problems.push(`${name}: ${lines} lines, at most ${MAX_FILE_LINES}`);
    for (const [, from] of text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"]+)['"]/g)) {
      if (!from.startsWith('./') && !IMPORTS.has(from)) problems.push(`${name}: imports ${from}; allowed are only ${[...IMPORTS].join(', ')}`);
    }
    if (/\bfetch\s*\(/.test(text)) problems.push(`${name}: calls fetch; only requestJira is allowed`);
    // Without `route` nothing of a path is escaped.
    for (const [, path] of text.matchAll(/\brequestJira\(\s*([^\s,)]+)/g)) {
      if (/^['"`]/.test(path)) problems.push(`${name}: passes a text to requestJira; only a path of route is allowed`);
    }
    if (/\bassumeTrustedRoute\b|\brouteFromAbsolute\b/.test(text)) problems.push(`${name}: builds a Jira path without route's escaping`);
    // A module-level variable outlives the invocation, and the next one may belong to another tenant.
    if (/^(?:export\s+)?(?:let|var)\s/m.test(text)) problems.push(`${name}: module-level state`);
  }
  if (total > MAX_GLUE_LINES) problems.push(`src: ${total} lines of glue, at most ${MAX_GLUE_LINES}`);
  return problems;
}

/** files: name -> text of the files in ui. A page is made of nothing but itself and UI Kit: no tool gets into the app. */
function checkPages(files) {
  const problems = [];
  for (const [name, text] of Object.entries(files)) {
    // At the beginning of a line: `from` is a word of texts, too.
    for (const [, from] of text.matchAll(/(?:^(?:import|export)\b(?:[^'";=(]*\bfrom)?\s*|\brequire\(\s*|\bimport\(\s*)['"]([^'"]+)['"]/gm)) {
      const own = from.startsWith('.') && path.posix.join(path.posix.dirname(name), from).startsWith('ui/');
      if (!own && !PAGE_IMPORTS.has(from)) problems.push(`${name}: imports ${from}; allowed are only ui and ${[...PAGE_IMPORTS].join(', ')}`);
    }
  }
  return problems;
}

function checkPackage(packageJson, lockText) {
  const problems = [];
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(packageJson[group] ?? {})) {
      if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`package.json: ${name} ${version} is not an exact version`);
    }
  }
  const locked = lockText === '' ? {} : (JSON.parse(lockText).packages ?? {});
  for (const [name, version] of Object.entries(packageJson.dependencies ?? {})) {
    const found = locked[`node_modules/${name}`];
    if (found?.version !== version) problems.push(`package-lock.json: ${name} is ${found?.version ?? 'missing'}, not ${version}`);
    else if (!found.integrity) problems.push(`package-lock.json: ${name} has no checksum`);
  }
  if (packageJson.type === 'commonjs') problems.push('package.json: type commonjs breaks the bundler');
  if (/"resolved":\s*"https?:/.test(lockText)) problems.push('package-lock.json: contains a registry host (see .npmrc)');
  return problems;
}

module.exports = { checkManifest, checkGlue, checkPages, checkPackage };
