// Test helpers: an emulator whose handlers are code of the test, with the real @forge packages.
import { createRequire } from 'node:module';
import { request } from 'node:http';
import type { AppBundle, Handler, Trigger } from '../emulator/bundle.ts';
import { ManualClock } from '../emulator/clock.ts';
import { Emulator } from '../emulator/emulator.ts';
import { whileLoading } from '../emulator/globals.ts';
import type { LogEntry } from '../emulator/log.ts';
import type { Outcome } from '../emulator/invocation.ts';

const require = createRequire(import.meta.url);
// Loaded like in the bundle: after the globals are installed.
export const { kvs, WhereConditions, MetadataField } = whileLoading(() => require('@forge/kvs') as typeof import('@forge/kvs'));
export const api = whileLoading(() => require('@forge/api') as typeof import('@forge/api'));
export const events = whileLoading(() => require('@forge/events') as typeof import('@forge/events'));

export const A = '0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11';
export const B = '5e1f9a70-3c52-4d0e-8b6f-6a1c2d3e4f50';
export const JIRA_NOWHERE = 'http://127.0.0.1:9';

export interface TestEnv {
  emulator: Emulator;
  clock: ManualClock;
  origin: string;
  /** Runs code as a resolver of the app, for one installation. */
  as<T>(installId: string, body: () => Promise<T>, accountId?: string): Promise<T>;
  violations(): string[];
}
export interface AppOptions {
  scopes?: string[];
  exchange?: Handler;
  jiraEvent?: Handler;
  trigger?: Partial<Trigger>;
}

/** Starts an emulator on loopback with the installations A and B. It is closed when the test ends. */
export async function startEmulator(test: { after(fn: () => Promise<void>): void }, options: AppOptions = {}): Promise<TestEnv> {
  let body: () => Promise<unknown> = async () => undefined;
  const handlers: Record<string, Handler> = {
    exchange: options.exchange ?? (() => ({ statusCode: 204 })),
    jiraEvent: options.jiraEvent ?? (() => ({})),
    code: () => body(),
  };
  const app: AppBundle = {
    appId: '00000000-0000-4000-8000-000000000000',
    scopes: options.scopes ?? ['storage:app', 'read:jira-work', 'write:jira-work'],
    webTriggers: new Map([['exchange', 'exchange']]),
    triggers: [{ key: 'events', functionKey: 'jiraEvent', events: ['avi:jira:updated:issue'], ignoreSelf: true, ...options.trigger }],
    pages: [],
    jobs: new Map(),
    handler: (key) => handlers[key] as Handler,
  };
  const clock = new ManualClock();
  const emulator = new Emulator(app, clock);
  const origin = await emulator.listen();
  test.after(() => emulator.close());
  for (const installId of [A, B]) emulator.install(installId, `cloud-${installId}`, JIRA_NOWHERE).webTrigger('exchange');

  return {
    emulator,
    clock,
    origin,
    async as<T>(installId: string, code: () => Promise<T>, accountId?: string): Promise<T> {
      let result: { value: T } | { error: unknown } | undefined;
      body = async () => {
        result = await code().then((value) => ({ value }), (error: unknown) => ({ error }));
      };
      const { installation } = emulator.find(installId);
      const call = { installation, functionKey: 'code', moduleType: 'resolver' as const, moduleKey: 'code', event: {}, context: {} };
      const outcome: Outcome = await emulator.invoke({ ...call, ...(accountId ? { accountId } : {}) });
      if (!result) throw new Error(`the invocation ended as ${outcome.kind}`);
      if ('error' in result) throw result.error;
      return result.value;
    },
    violations: () => entries(emulator, 'violation').map(({ what }) => what),
  };
}

export function entries<K extends LogEntry['kind']>(emulator: Emulator, kind: K): Extract<LogEntry, { kind: K }>[] {
  return emulator.log.entries.filter((entry): entry is Extract<LogEntry, { kind: K }> => entry.kind === kind);
}

export function urlOf({ emulator, origin }: TestEnv, installId: string): string {
  return `${origin}/x1/${emulator.find(installId).installation.webTrigger('exchange')?.id}`;
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends a request over a new connection; rejects when the connection breaks. */
export function send(url: string, options: { method?: string; headers?: Record<string, string> | string[]; body?: string | Buffer } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', headers = {}, body } = options;
    const outgoing = request(url, { method, headers: headers as Record<string, string>, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function control(origin: string, verb: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const reply = await send(`${origin}/__emulator/${path}`, { method: verb, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: reply.status, body: reply.body === '' ? undefined : JSON.parse(reply.body) };
}
