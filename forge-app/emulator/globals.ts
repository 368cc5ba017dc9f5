// The globals that Forge's runtime gives an app (contract §11.1). They belong to the process; what they answer belongs
// to the invocation that asks, found through AsyncLocalStorage, so that parallel invocations cannot mix.
import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { dateTelling } from './clock.ts';

export interface FetchTarget {
  type: string;
  provider?: string;
  remote?: string;
  accountId?: string;
}
/** What an invocation answers the app's code. */
export interface Ambient {
  readonly runtime: object;
  now(): number;
  platformCall(target: FetchTarget, path: string, init: RequestInit): Promise<Response>;
  egressRefused(url: string): void;
  print(level: string, line: string): void;
}

const current = new AsyncLocalStorage<Ambient | 'loading'>();
const RealDate = globalThis.Date;
/** For the emulator's own calls, to the Jira simulator only. */
export const realFetch = globalThis.fetch;
let installed = false;

export function runAs<T>(ambient: Ambient, body: () => T): T {
  return current.run(ambient, body);
}

export function whileLoading<T>(body: () => T): T {
  installGlobals();
  return current.run('loading', body);
}

function invocation(): Ambient | undefined {
  const store = current.getStore();
  return store === 'loading' ? undefined : store;
}

/** Once, and before any @forge package is loaded: the api package takes `fetch` when it loads. */
function installGlobals(): void {
  if (installed) return;
  installed = true;
  Object.defineProperty(globalThis, '__forge_runtime__', { get: () => invocation()?.runtime });
  Object.defineProperty(globalThis, '__forge_fetch__', {
    value: async (target: FetchTarget, path: string, init: RequestInit = {}) => {
      const ambient = invocation();
      if (!ambient) throw new Error('platform call outside of any invocation');
      return ambient.platformCall(target, path, init);
    },
  });
  globalThis.fetch = async (input, init) => {
    const store = current.getStore();
    if (!store) return realFetch(input, init);
    const url = String(input instanceof Request ? input.url : input);
    if (store !== 'loading') store.egressRefused(url);
    const error = new Error(`URL not included in the external fetch backend permissions: ${url}`);
    error.name = 'REQUEST_EGRESS_ALLOWLIST_ERR';
    throw error;
  };
  for (const level of ['debug', 'error', 'info', 'log', 'warn'] as const) {
    const original = console[level].bind(console);
    console[level] = (...parts: unknown[]) => {
      const ambient = invocation();
      if (ambient) ambient.print(level, format(...parts));
      else original(...parts);
    };
  }
  globalThis.Date = dateTelling(() => invocation()?.now() ?? RealDate.now());
}
