// Help for tests in a browser: pages of the app as a person sees them, their pictures, and their accessibility.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Frame, type Page } from 'playwright-core';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const pictures = path.join(root, 'dist/test/screenshots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const THEMES = ['light', 'dark'] as const;
export const LOCALES = ['en-US', 'de-DE'] as const;
export const WIDTHS = [360, 1440] as const;

export interface Look {
  theme?: (typeof THEMES)[number];
  locale?: (typeof LOCALES)[number];
  width?: number;
  /** Account id of the signed-in user; none is somebody who is not signed in. */
  account?: string;
  issue?: string;
  project?: string;
  entry?: 'edit';
  license?: 'active' | 'inactive';
}

/** Chromium as Debian has it, or the one that the variable CHROMIUM names. */
export async function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}: apt-get install chromium, or set CHROMIUM`);
  // Its sandbox does not work for root, as which tests in containers run; it opens only our own pages.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** An opened page: `page` for the whole, `app` for the document that shows the app, which can be a frame of it. */
export interface Opened {
  page: Page;
  app: Page | Frame;
  /** Errors of the console and of scripts, and requests that failed. */
  problems: string[];
}

/** Opens a page of the app at its own address. `base` is that of an installation, as EMULATOR_PAGES has it for tests of a site. */
export async function openPage(browser: Browser, moduleKey: string, look: Look = {}, base = fromEnvironment('EMULATOR_PAGES')): Promise<Opened> {
  const { width = 1440, theme = 'light', ...visit } = look;
  const { page, problems } = await newPage(browser, width, theme);
  const query = new URLSearchParams({ ...visit, theme } as Record<string, string>);
  await page.goto(`${base}/${moduleKey}?${query}`);
  await page.locator('main h1').waitFor();
  return { page, app: page, problems };
}

/** Opens the page of an issue in Jira, signed in as the tests' account; `title` is that of the app's page beside the issue. */
export async function openIssue(browser: Browser, title: string, { theme = 'light', locale = 'en-US', width = 1440, ...visit }: Look = {}): Promise<Opened> {
  const { page, problems } = await newPage(browser, width, theme);
  const { issue = fromEnvironment('ISSUE'), account = fromEnvironment('ACCOUNT') } = visit;
  const url = fromEnvironment('JIRA_URL');
  // As the chooser in that page does it.
  const visitor = { sim_account: account, sim_locale: locale };
  await page.context().addCookies(Object.entries(visitor).map(([name, value]) => ({ name, value: encodeURIComponent(value), url })));
  await page.goto(`${url}/browse/${issue}`);
  const app = await (await page.locator(`details[open] iframe[title="${title}"]`).elementHandle())?.contentFrame();
  assert.ok(app, title);
  // The browser does not draw a frame that is out of sight.
  await (await app.frameElement()).scrollIntoViewIfNeeded();
  await app.locator('main h1').waitFor();
  return { page, app, problems };
}

/** Fails unless the app has rendered, without an error that the host shows or that the console has. */
export async function expectShown({ app, problems }: Opened, title: string): Promise<void> {
  await app.waitForFunction(() => (globalThis as unknown as { forgeHost: { calls: { op: string }[] } }).forgeHost.calls.some(({ op }) => op === 'reconcile'));
  assert.equal(await app.locator('main h1').textContent(), title);
  assert.deepEqual(await app.locator('.host-unknown').allTextContents(), []);
  assert.deepEqual(problems, []);
}

export async function newPage(browser: Browser, width: number, theme: (typeof THEMES)[number]): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (line) => void (line.type() === 'error' && problems.push(line.text())));
  page.on('pageerror', (error) => void problems.push(String(error)));
  page.on('requestfailed', (request) => void problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  return { page, problems };
}

export function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing: this test is run by the end-to-end tests of crates/devkit`);
  return value;
}

/** Fails if axe-core finds anything in the app's document, in any of its rules. */
export async function expectAccessible({ app }: Opened, what: string): Promise<void> {
  // Colours are compared when they have come to rest.
  await app.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity).map(({ finished }) => finished.catch(() => undefined))));
  // A script element would be refused by the page's policy.
  await app.evaluate(axe);
  const found = await app.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`));
  });
  assert.deepEqual(found, [], what);
}

/** Fails if the page is wider than its window. */
export async function expectNoSideways({ app }: Opened, what: string): Promise<void> {
  const { needed, there, wide } = await app.evaluate(() => {
    const { scrollWidth: needed, clientWidth: there } = document.documentElement;
    const over = [...document.querySelectorAll('main *')].filter((element) => element.getBoundingClientRect().right > there + 1);
    return { needed, there, wide: over.map((element) => `${element.tagName} ${element.className} ${(element.textContent ?? '').slice(0, 40)}`).slice(0, 5) };
  });
  assert.ok(needed <= there, `${what}: ${needed} pixels in ${there}: ${wide.join(' | ')}`);
}

/** Keeps a picture of the app as test output. */
export async function picture({ page, app }: Opened, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const file = path.join(pictures, `${name}.png`);
  if ('frameElement' in app) await (await app.frameElement()).screenshot({ path: file });
  else await page.screenshot({ path: file, fullPage: true });
}
