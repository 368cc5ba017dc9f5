// Bundles the host with esbuild, once for each state of its sources and packages, into dist/ui-host/<version>.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const out = path.join(root, 'dist/ui-host');
const sources = path.join(here, 'src');
const THEMES = ['atlassian-light', 'atlassian-dark', 'atlassian-spacing', 'atlassian-typography', 'atlassian-shape', 'atlassian-motion'];
/** Packages of which each component has a copy of its own; all copies are of the same version, and one is enough. */
const SHARED = ['tokens', 'platform-feature-flags', 'ds-lib', 'feature-gate-js-client', 'atlassian-context'].map((name) => `@atlaskit/${name}`);

let made: Promise<string> | undefined;

/** The folder with the host's files. */
export function hostBundle(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const folder = path.join(out, version());
  if (existsSync(folder)) return folder;
  const { build } = await import('esbuild');
  const unfinished = `${folder}.${randomUUID()}`;
  await mkdir(unfinished, { recursive: true });
  await build({
    entryPoints: [path.join(sources, 'main.tsx')],
    outdir: unfinished,
    bundle: true,
    minify: true,
    jsx: 'automatic',
    target: 'chrome120',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'globalThis' },
    alias: Object.fromEntries(SHARED.map((name) => [name, sharedFolder(name)])),
    plugins: [icons],
    logLevel: 'error',
  });
  const css = path.join(unfinished, 'main.css');
  writeFileSync(css, themes() + readFileSync(css, 'utf8'));
  // Another process may have made it meanwhile; both are equal.
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  return folder;
}

function version(): string {
  const hash = createHash('sha256');
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(tsx?|css)$/.test(name));
  for (const file of [...files.sort().map((name) => path.join(here, name)), path.join(root, 'package-lock.json')]) hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** The folder of a package as the components have it, which differs from the one that the app's own packages ask for. */
function sharedFolder(name: string): string {
  const component = createRequire(path.join(root, 'node_modules/@atlaskit/button/package.json'));
  const found = (component.resolve.paths(name) ?? []).map((folder) => path.join(folder, name)).find((folder) => existsSync(folder));
  if (found === undefined) throw new Error(`${name} is missing: run npm ci`);
  return found;
}

/** Themes are published as modules with one text each. */
function themes(): string {
  const load = createRequire(import.meta.url);
  const folder = path.join(sharedFolder('@atlaskit/tokens'), 'dist/cjs/artifacts/themes');
  return THEMES.map((name) => (load(path.join(folder, `${name}.js`)) as { default: string }).default).join('\n');
}

/** The module `icons`: every icon of the design system by its name. */
const icons: Plugin = {
  name: 'icons',
  setup(build) {
    const folder = path.join(root, 'node_modules/@atlaskit/icon/core');
    build.onResolve({ filter: /^icons$/ }, () => ({ path: 'icons', namespace: 'icons' }));
    build.onLoad({ filter: /.*/, namespace: 'icons' }, () => {
      const names = readdirSync(folder).filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -'.js'.length));
      const lines = names.map((name, at) => `import i${at} from '@atlaskit/icon/core/${name}';`);
      const list = names.map((name, at) => `${JSON.stringify(name)}: i${at}`);
      return { contents: `${lines.join('\n')}\nexport default {${list.join(',')}};`, resolveDir: root };
    });
  },
};
