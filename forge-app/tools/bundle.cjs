// Bundles an app directory with Forge's own bundler, offline. Usage: node tools/bundle.cjs --app . --out dist/bundle
// A CommonJS script, because the bundler requires `require.main`.
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { getNodeBundler, LocalWrapperProvider, NativeUIBundler } = require('@forge/bundler');
const { FileSystemReader, I18nResourceBundlingService } = require('@forge/cli-shared');
const YAML = require('yaml');

const { values } = parseArgs({ options: { app: { type: 'string', default: '.' }, out: { type: 'string', default: 'dist/bundle' } } });
const app = path.resolve(values.app);
const out = path.resolve(values.out);
const print = (line) => process.stdout.write(`${line}\n`);
const logger = { info() {}, debug() {}, trace() {}, warn: (line) => print(`warning: ${line}`), error: (line) => process.stderr.write(`${line}\n`) };

async function main() {
  const manifest = YAML.parse(fs.readFileSync(path.join(app, 'manifest.yml'), 'utf8'));
  const files = new Set(manifest.modules.function.map(({ handler }) => handler.slice(0, handler.lastIndexOf('.'))));
  const entryPoints = [...files].map((name) => {
    const entry = ['.ts', '.js'].map((extension) => path.join(app, 'src', name + extension)).find((file) => fs.existsSync(file));
    if (!entry) throw new Error(`manifest.yml has a handler in ${name}, but src/${name}.ts is missing`);
    return { name, path: entry };
  });
  // The bundler downloads its loader and wrapper; these files replace them and are the only difference to a deployment.
  const wrappers = new LocalWrapperProvider(new FileSystemReader(), path.join(__dirname, 'runtime'));
  const bundler = getNodeBundler(logger, wrappers, { readConfig: async () => manifest });
  const result = await bundler.bundle({ appDirectory: app, entryPoints, watchMode: undefined });
  fs.rmSync(out, { recursive: true, force: true });
  fs.cpSync(result.outputDir, out, { recursive: true });
  fs.rmSync(result.outputDir, { recursive: true, force: true });
  for (const [name, content] of result.additionalOutputs) fs.writeFileSync(path.join(out, name), content);
  fs.copyFileSync(path.join(app, 'manifest.yml'), path.join(out, 'manifest.yml'));
  await bundlePages(manifest);
  // Loads the bundle once with the Node version of the manifest's runtime, to find a core that cannot be compiled or a
  // handler that is not exported before the first invocation.
  for (const { handler } of manifest.modules.function) {
    const [name, method] = handler.split('.');
    if (typeof require(path.join(out, `${name}.cjs`))[method] !== 'function') throw new Error(`${handler}: not exported by the bundle`);
  }
  for (const { name } of entryPoints) print(`${name}.cjs ${fs.statSync(path.join(out, `${name}.cjs`)).size} bytes -> ${path.relative(process.cwd(), out)}`);
}

/** The pages of UI Kit, each in a folder `ui/<key>` of the output, with the translations as Forge packs them. */
async function bundlePages(manifest) {
  const pages = (manifest.resources ?? []).filter((resource) => fs.statSync(path.join(app, resource.path)).isFile());
  if (pages.length === 0) return;
  const resources = pages.map(({ key, path: file }) => ({ key, path: path.join(app, file) }));
  const { translations } = manifest;
  const files = translations?.resources.map(({ key, path: file }) => ({ key, path: path.join(app, file) }));
  const texts = await new I18nResourceBundlingService().bundle(manifest.modules, translations && { ...translations, resources: files });
  const { nativeUiBundlesDetails } = await new NativeUIBundler(logger).bundleResources(resources, manifest.translations);
  for (const { key, path: made } of nativeUiBundlesDetails) {
    const to = path.join(out, 'ui', key);
    fs.cpSync(made, to, { recursive: true });
    fs.rmSync(made, { recursive: true, force: true });
    if (texts.exists) fs.cpSync(texts.path, path.join(to, '__LOCALES__'), { recursive: true });
    print(`ui/${key} ${fs.readdirSync(to).join(' ')}`);
  }
}

main().catch((error) => {
  process.stderr.write(`bundle: ${error.message}\n`);
  process.exitCode = 1;
});
