// Runs a page of UI Kit without a browser: the unmodified bundle in a context of its own, with a bridge that answers from a
// script and keeps the last tree of components that the page rendered.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';

export type Element = { type: string; props: Record<string, unknown>; children: Element[] };
export type Answers = (functionKey: string, payload: Record<string, unknown>) => unknown;
export type PageOptions = { locale?: string; context?: Record<string, unknown> };

/** The longest time that a page waits in a test, whatever it asks for. */
const LONGEST_WAIT_MS = 20;
/** How often a page may render before it counts as one that never comes to rest. */
const MAX_TURNS = 500;

export class Page {
  tree: Element | undefined;
  readonly calls: { functionKey: string; payload: unknown }[] = [];
  readonly bridge: { op: string; payload: unknown }[] = [];
  #changes = 0;

  /** folder: a page's folder in the bundle, `dist/bundle/ui/<key>`. */
  constructor(folder: string, answers: Answers, { locale = 'en-US', context = {} }: PageOptions = {}) {
    const entry = `${path.basename(folder)}.js`;
    const callBridge = async (op: string, payload: unknown): Promise<unknown> => {
      if (op === 'reconcile') {
        this.tree = (payload as { forgeDoc: Element }).forgeDoc;
        this.#changes += 1;
        return undefined;
      }
      if (op === 'getContext') return { locale, theme: { colorMode: 'light' }, extension: {}, ...context };
      if (op === 'invoke') {
        // A copy, because an object of the page's context equals none of the test's.
        const { functionKey, payload: sent } = JSON.parse(JSON.stringify(payload)) as { functionKey: string; payload: Record<string, unknown> };
        this.calls.push({ functionKey, payload: sent });
        return JSON.parse(JSON.stringify((await answers(functionKey, sent)) ?? null));
      }
      this.bridge.push({ op, payload });
      return undefined;
    };
    const fetchLocal = async (name: string): Promise<Response> => new Response(readFileSync(path.join(folder, name), 'utf8'));
    const script = { tagName: 'SCRIPT', src: 'http://localhost/page.js' };
    // A page that waits for something must not keep the test's process from ending.
    const later = (task: () => void, ms?: number): NodeJS.Timeout => setTimeout(task, Math.min(ms ?? 0, LONGEST_WAIT_MS)).unref();
    const globals: Record<string, unknown> = {
      ...{ console, setTimeout: later, clearTimeout, setInterval, clearInterval, queueMicrotask, URL, URLSearchParams, Response, AbortController },
      ...{ crypto: globalThis.crypto, performance, TextEncoder, TextDecoder, structuredClone, fetch: fetchLocal },
      ...{ document: { currentScript: script, getElementsByTagName: () => [script] }, __bridge: { callBridge } },
      ...{ location: { href: 'http://localhost/' }, navigator: { userAgent: 'test' } },
    };
    Object.assign(globals, { self: globals, window: globals, globalThis: globals });
    const sandbox = createContext(globals);
    const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
    // The pieces that the entry shares with others come first, as in the page's index.html.
    for (const file of [...files.filter((name) => name !== entry), entry]) runInContext(readFileSync(path.join(folder, file), 'utf8'), sandbox, { filename: file });
  }

  /** Waits until a condition of the tree holds. */
  async until(holds: (page: Page) => boolean): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      if (this.tree && holds(this)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`the page did not come to it after ${this.#changes} changes: ${this.text()}`);
  }

  all(type: string): Element[] {
    return [...elements(this.tree)].filter((element) => element.type === type);
  }

  /** All words of the page, in order. */
  text(): string {
    return [...elements(this.tree)].flatMap(({ type, props }) => (type === 'String' ? [String(props['text'])] : [])).join(' ');
  }

  /** Opens the tab with this title. */
  openTab(title: string): void {
    for (const tabs of this.all('Tabs')) {
      const list = tabs.children.find(({ type }) => type === 'TabList');
      const at = list?.children.findIndex((tab) => wordsOf(tab) === title) ?? -1;
      if (at >= 0) return (tabs.props['onChange'] as (at: number) => void)(at);
    }
    throw new Error(`no tab "${title}": ${this.all('Tab').map(wordsOf).join(', ')}`);
  }

  /** Presses the button with these words; `at`: which of several. */
  press(words: string, at = 0): void {
    const buttons = ['Button', 'LoadingButton'].flatMap((type) => this.all(type));
    const found = buttons.filter((button) => wordsOf(button) === words)[at];
    if (!found) throw new Error(`no button "${words}": ${buttons.map(wordsOf).join(', ')}`);
    (found.props['onClick'] as () => void)();
  }
}

export function wordsOf(element: Element): string {
  return [...elements(element)].flatMap(({ type, props }) => (type === 'String' ? [String(props['text'])] : [])).join(' ');
}

function* elements(element: Element | undefined): Generator<Element> {
  if (!element) return;
  yield element;
  for (const child of element.children ?? []) yield* elements(child);
}
