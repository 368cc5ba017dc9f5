// The globals of Forge's runtime (docs/platforms/forge.md §11.1). They exist once per process and find the calling invocation
// through AsyncLocalStorage, so that parallel invocations cannot mix.
import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { dateWithClock } from './clock.ts';

export interface FetchTarget {
  type: string;
  provider?: string;
  remote?: string;
  accountId?: string;
}
/** The values that the globals provide to the code of an invocation. */
export interface InvocationScope {
  readonly runtime: object;
  now(): number;
  platformCall(target: FetchTarget, path: string, init: RequestInit): Promise<Response>;
  egressRefused(url: string): void;
  print(level: string, line: string): void;
}

const current = new AsyncLocalStorage<InvocationScope | 'loading'>();
const RealDate = globalThis.Date;
/** For the emulator's own requests, which go to the Jira simulator only. */
export const realFetch = globalThis.fetch;
let installed = false;

export function runAs<T>(scope: InvocationScope, body: () => T): T {
  return current.run(scope, body);
}

export function whileLoading<T>(body: () => T): T {
  installGlobals();
  return current.run('loading', body);
}

function invocation(): InvocationScope | undefined {
  const store = current.getStore();
  return store === 'loading' ? undefined : store;
}

/** Runs once, before any @forge package is loaded, because the api package stores `fetch` when it loads. */
function installGlobals(): void {
  if (installed) return;
  installed = true;
  Object.defineProperty(globalThis, '__forge_runtime__', { get: () => invocation()?.runtime });
  Object.defineProperty(globalThis, '__forge_fetch__', {
    value: async (target: FetchTarget, path: string, init: RequestInit = {}) => {
      const scope = invocation();
      if (!scope) throw new Error('platform call outside of an invocation');
      return scope.platformCall(target, path, init);
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
      const scope = invocation();
      if (scope) scope.print(level, format(...parts));
      else original(...parts);
    };
  }
  globalThis.Date = dateWithClock(() => invocation()?.now() ?? RealDate.now());
}
