// Checks that Forge's own lint lacks (docs/platforms/forge.md §9), and rules of this product. Each check returns its problems.
const EVENTS = new Set([
  'avi:jira:commented:issue',
  'avi:jira:deleted:comment',
  'avi:jira:created:attachment',
  'avi:jira:updated:issue',
  'avi:jira:deleted:issue',
  'avi:jira:released:version',
]);
// Events that a filter by a property of their issue may have: those that Forge supports, without deletions of issues, of which
// it is not verified that the property can still be read.
const FILTERABLE = new Set([
  'avi:jira:commented:issue',
  'avi:jira:deleted:comment',
  'avi:jira:created:attachment',
  'avi:jira:updated:issue',
]);
const SCOPES = new Set(['storage:app', 'read:jira-work', 'write:jira-work', 'read:jira-user']);
// Each of these keys allows connections to servers outside of Atlassian's cloud.
const FORBIDDEN = ['external', 'remotes', 'providers', 'connectModules', 'endpoint'];
const IMPORTS = new Set(['@forge/api', '@forge/events', '@forge/kvs', '@forge/resolver', 'node:crypto']);
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
  for (const scope of scopes) if (!SCOPES.has(scope)) problems.push(`permissions.scopes: ${scope} is not a scope that this app needs`);
  const functions = new Set((manifest.modules?.function ?? []).map(({ key }) => key));
  for (const trigger of manifest.modules?.trigger ?? []) {
    for (const event of trigger.events) {
      const name = typeof event === 'string' ? event : event.eventType;
      // Forge's lint accepts a misspelt event, which then never arrives.
      if (!EVENTS.has(name)) problems.push(`trigger ${trigger.key}: unknown event ${name}`);
    }
    if (trigger.filter?.ignoreSelf !== true) problems.push(`trigger ${trigger.key}: filter.ignoreSelf must be true`);
    problems.push(...checkFilter(manifest, trigger));
  }
  for (const trigger of [...(manifest.modules?.trigger ?? []), ...(manifest.modules?.webtrigger ?? [])]) {
    if (!functions.has(trigger.function)) problems.push(`${trigger.key}: no function ${trigger.function}`);
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
    if (/\bassumeTrustedRoute\b|\brouteFromAbsolute\b/.test(text)) problems.push(`${name}: builds a Jira path without route's escaping`);
    // A module-level variable outlives the invocation, and the next one may belong to another tenant.
    if (/^(?:export\s+)?(?:let|var)\s/m.test(text)) problems.push(`${name}: module-level state`);
  }
  if (total > MAX_GLUE_LINES) problems.push(`src: ${total} lines of glue, at most ${MAX_GLUE_LINES}`);
  return problems;
}

function checkPackage(packageJson, lockText) {
  const problems = [];
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(packageJson[group] ?? {})) {
      if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`package.json: ${name} ${version} is not an exact version`);
    }
  }
  if (packageJson.type === 'commonjs') problems.push('package.json: type commonjs breaks the bundler');
  if (/"resolved":\s*"https?:/.test(lockText)) problems.push('package-lock.json: contains a registry host (see .npmrc)');
  return problems;
}

module.exports = { checkManifest, checkGlue, checkPackage };
