// Bundles an app directory with Forge's own bundler, offline. Usage: node tools/bundle.cjs --app . --out dist/bundle
// A script and CommonJS, because the bundler insists on `require.main`.
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { getNodeBundler, LocalWrapperProvider } = require('@forge/bundler');
const { FileSystemReader } = require('@forge/cli-shared');
const YAML = require('yaml');

const { values } = parseArgs({ options: { app: { type: 'string', default: '.' }, out: { type: 'string', default: 'dist/bundle' } } });
const app = path.resolve(values.app);
const out = path.resolve(values.out);
const say = (line) => process.stdout.write(`${line}\n`);
const logger = { info() {}, debug() {}, trace() {}, warn: (line) => say(`warning: ${line}`), error: (line) => process.stderr.write(`${line}\n`) };

async function main() {
  const manifest = YAML.parse(fs.readFileSync(path.join(app, 'manifest.yml'), 'utf8'));
  const files = new Set(manifest.modules.function.map(({ handler }) => handler.slice(0, handler.lastIndexOf('.'))));
  const entryPoints = [...files].map((name) => {
    const entry = ['.ts', '.js'].map((extension) => path.join(app, 'src', name + extension)).find((file) => fs.existsSync(file));
    if (!entry) throw new Error(`manifest.yml names ${name}, but src/${name}.ts is missing`);
    return { name, path: entry };
  });
  // The real bundler downloads its loader and wrapper; these stand in for them, and only they differ from a deployment.
  const wrappers = new LocalWrapperProvider(new FileSystemReader(), path.join(__dirname, 'runtime'));
  const bundler = getNodeBundler(logger, wrappers, { readConfig: async () => manifest });
  const result = await bundler.bundle({ appDirectory: app, entryPoints, watchMode: undefined });
  fs.rmSync(out, { recursive: true, force: true });
  fs.cpSync(result.outputDir, out, { recursive: true });
  fs.rmSync(result.outputDir, { recursive: true, force: true });
  for (const [name, content] of result.additionalOutputs) fs.writeFileSync(path.join(out, name), content);
  fs.copyFileSync(path.join(app, 'manifest.yml'), path.join(out, 'manifest.yml'));
  // Loaded once, on the Node of the manifest's runtime: a core that this Node cannot compile, or a handler that is not
  // exported, is found here and not at the first invocation.
  for (const { handler } of manifest.modules.function) {
    const [name, method] = handler.split('.');
    if (typeof require(path.join(out, `${name}.cjs`))[method] !== 'function') throw new Error(`${handler}: not exported by the bundle`);
  }
  for (const { name } of entryPoints) say(`${name}.cjs ${fs.statSync(path.join(out, `${name}.cjs`)).size} bytes -> ${path.relative(process.cwd(), out)}`);
}

main().catch((error) => {
  process.stderr.write(`bundle: ${error.message}\n`);
  process.exitCode = 1;
});
