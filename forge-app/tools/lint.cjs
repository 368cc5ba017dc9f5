// All checks that need no login: types, our own rules, Forge's manifest validation and Forge's code lint.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const YAML = require('yaml');
const { checkGlue, checkManifest, checkPackage, checkPages } = require('./checks.cjs');

const root = path.dirname(__dirname);
process.chdir(root);
const print = (line) => process.stdout.write(`${line}\n`);
const read = (file) => fs.readFileSync(file, 'utf8');
const glue = fs.readdirSync('src').filter((name) => name.endsWith('.ts')).map((name) => `src/${name}`);

/** Runs tsc in separate processes, concurrently with the other steps. */
async function types() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const run = async (project) => {
    const child = spawn(process.execPath, [tsc, '--noEmit', '-p', project], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text, [code]] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
    return code === 0 ? [] : [`tsc -p ${project}: ${code}`, ...Buffer.concat(text).toString().trim().split('\n')];
  };
  const projects = ['.', 'tsconfig.tools.json', 'ui', 'ui-host', 'tests/browser', 'tests/fixtures/gallery'];
  return (await Promise.all(projects.map(run))).flat();
}

function own(manifest) {
  const texts = (names) => Object.fromEntries(names.map((file) => [file, read(file)]));
  const pages = fs.readdirSync('ui', { recursive: true }).filter((name) => /\.tsx?$/.test(name)).map((name) => `ui/${name}`);
  return [...checkManifest(manifest), ...checkGlue(texts(glue)), ...checkPages(texts(pages)), ...checkPackage(JSON.parse(read('package.json')), read('package-lock.json'))];
}

async function forgeManifest() {
  const { ProcessorBuilder, ValidationTypes } = require('@forge/manifest');
  const problems = [];
  for (const kind of [ValidationTypes.FULL, ValidationTypes.PRODUCT_TRIGGER]) {
    const { success, errors = [] } = await ProcessorBuilder.instance().withValidation(kind).build().process();
    problems.push(...errors.map(({ line, column, level, message }) => `manifest.yml:${line}:${column} ${level}: ${message}`));
    if (!success && errors.length === 0) problems.push(`manifest.yml: validation ${kind} failed without a reason`);
  }
  return problems;
}

/** Runs Forge's lint with our own list of endpoints and scopes, because the published list needs the network. */
async function forgeCode(manifest) {
  const endpoints = path.join(__dirname, 'jira-endpoints.json');
  const none = path.join(__dirname, 'no-endpoints.json');
  Object.assign(process.env, { USE_LOCAL_SWAGGER: '1', LOCAL_JIRA_SWAGGER: endpoints });
  for (const product of ['JSM', 'JSW', 'CONF', 'CONF_V2', 'BB']) process.env[`LOCAL_${product}_SWAGGER`] = none;
  const { lint, parseSourceFile } = require('@forge/lint');
  const quiet = { info() {}, warn() {}, debug() {}, trace() {}, error: (line) => process.stderr.write(`${line}\n`) };
  const deprecated = { getDeprecatedRuntimes: async () => ['nodejs20.x'] };
  // The lint silently skips files that no glob in tsconfig's `include` matches ("src" matches none).
  const skipped = new Set(glue);
  const parseFunction = (file, parser) => (skipped.delete(file), parseSourceFile(file, parser));
  const results = await lint(glue, manifest, 'DEVELOPMENT', quiet, deprecated, { linter: { mode: 'client-side' }, parseFunction });
  const unread = [...skipped].map((file) => `${file}: skipped by the lint, see "include" in tsconfig.json`);
  return unread.concat(results.flatMap(({ file, errors = [], warnings = [] }) =>
    [...errors, ...warnings].map(({ line, column, message }) => `${file ?? 'manifest.yml'}:${line}:${column} ${message}`),
  ));
}

async function main() {
  const manifest = YAML.parse(read('manifest.yml'));
  if (!fs.existsSync('src/wasm/core.js')) throw new Error('src/wasm/core.js is missing: run `cargo xtask wasm` first');
  const started = performance.now();
  const report = (name, problems) => {
    print(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (after ${Math.round(performance.now() - started)} ms)`);
    for (const problem of problems) print(`     ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  };
  const typed = types();
  report('own rules', own(manifest));
  report('forge manifest', await forgeManifest());
  report('forge code', await forgeCode(manifest));
  report('types', await typed);
}

main().catch((error) => {
  process.stderr.write(`lint: ${error.message}\n`);
  process.exitCode = 1;
});
