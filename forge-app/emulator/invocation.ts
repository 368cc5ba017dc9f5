// One call of one function for one installation: its globals, its time limit and its log. After its end it may make no calls.
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { runAs, type InvocationScope, type FetchTarget } from './globals.ts';
import type { Installation } from './installation.ts';
import type { EmulatorLog } from './log.ts';
import { jira, notModelled, stargate } from './stargate.ts';
import { Meter } from './usage.ts';

export interface Call {
  installation: Installation;
  functionKey: string;
  moduleType: 'webtrigger' | 'trigger' | 'resolver' | 'scheduledTrigger' | 'preUninstall';
  moduleKey: string;
  event: unknown;
  context: unknown;
  accountId?: string;
  license?: object;
}
export type Outcome = { kind: 'returned'; value: unknown } | { kind: 'threw'; error: string } | { kind: 'timed-out' };
export interface Host {
  clock: Clock;
  log: EmulatorLog;
  origin(): string;
}

/** The emulator has one environment, of the type DEVELOPMENT. */
export const ENVIRONMENT_ID = '00000000-0000-4000-8000-00000000e000';
const TIME_LIMIT_MS = { webtrigger: 55_000, trigger: 25_000, resolver: 25_000, scheduledTrigger: 55_000, preUninstall: 55_000 } as const;
const counter = { incr() {}, incrBy() {}, decr() {}, decrBy() {} };
const metrics = {
  counter: () => counter,
  gauge: () => ({ set() {} }),
  timing: () => ({ measure: () => ({ stop() {} }) }),
};

export class Invocation implements InvocationScope {
  readonly runtime: object;
  readonly #id = randomUUID();
  readonly #call: Call;
  readonly #host: Host;
  readonly #deadline: number;
  readonly #ended = new AbortController();
  readonly #meter = new Meter();

  constructor(host: Host, call: Call) {
    this.#host = host;
    this.#call = call;
    this.#deadline = host.clock.now() + TIME_LIMIT_MS[call.moduleType];
    this.runtime = this.#runtime();
  }

  async run(): Promise<Outcome> {
    const { clock } = this.#host;
    const { installation, functionKey, moduleType, event, context } = this.#call;
    const started = clock.now();
    const handler = installation.app.handler(functionKey);
    let stopTimer = (): void => {};
    const overrun = new Promise<Outcome>((resolve) => {
      stopTimer = clock.after(TIME_LIMIT_MS[moduleType], () => resolve({ kind: 'timed-out' }));
    });
    const work = runAs(this, async (): Promise<Outcome> => {
      try {
        return { kind: 'returned', value: throughJson(await handler(throughJson(event), throughJson(context))) };
      } catch (error) {
        return { kind: 'threw', error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
      }
    });
    const outcome = await Promise.race([work, overrun]);
    stopTimer();
    if (outcome.kind !== 'timed-out' && this.#meter.inFlight > 0) {
      // The platform freezes the process here; a call that was not awaited could continue inside another tenant's invocation.
      this.#violation('returned-before-its-calls', `${this.#meter.inFlight} platform call(s) not awaited`);
    }
    this.#ended.abort();
    installation.usage.add(functionKey, this.#meter.finish());
    const error = outcome.kind === 'threw' ? { error: outcome.error } : {};
    this.#log({ kind: 'invocation', functionKey, outcome: outcome.kind, ms: clock.now() - started, ...error });
    return outcome;
  }

  now(): number {
    return this.#host.clock.now();
  }

  async platformCall(target: FetchTarget, path: string, init: RequestInit): Promise<Response> {
    if (this.#ended.signal.aborted) {
      this.#violation('call-after-the-end', `${target.type} ${path}`);
      throw new Error('this invocation is over');
    }
    this.#meter.begin(target.type === 'kvs' ? 'storage' : target.remote === 'jira' ? 'jira' : 'other');
    try {
      // Yields to the event loop, as a network request would, so that concurrent calls interleave.
      await new Promise(setImmediate);
      const response = await this.#answer(target, path, init);
      const name = [target.type, target.provider, target.remote].filter(Boolean).join('/');
      this.#log({ kind: 'platform', target: name, method: init.method ?? 'GET', path, status: response.status });
      if (response.status === 501) this.#violation('not-modelled', `${name} ${path}`);
      return response;
    } finally {
      this.#meter.end();
    }
  }

  egressRefused(url: string): void {
    this.#violation('egress', url);
  }

  print(level: string, line: string): void {
    this.#log({ kind: 'console', level, line });
  }

  async #answer(target: FetchTarget, path: string, init: RequestInit): Promise<Response> {
    const { installation, accountId } = this.#call;
    if (target.type === 'kvs') {
      const request = String(init.body);
      const reply = installation.kvs.handle(path, request);
      const { status, body } = reply;
      this.#meter.storage(path, request, reply);
      return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
    }
    const caller = { installation, accountId, origin: this.#host.origin(), signal: this.#ended.signal };
    if (target.type === 'fpp' && target.remote === 'jira') return jira(caller, target, path, init);
    if (target.type === 'fpp' && target.remote === 'stargate') return stargate(caller, path, init);
    return notModelled(`${JSON.stringify(target)} ${path}`);
  }

  #log(entry: object): void {
    const { installId } = this.#call.installation;
    this.#host.log.add({ at: this.now(), installId, invocationId: this.#id, ...entry } as Parameters<EmulatorLog['add']>[0]);
  }

  #violation(what: string, detail: string): void {
    this.#log({ kind: 'violation', what, detail });
  }

  #runtime(): object {
    const { installation, functionKey, moduleType, moduleKey, accountId, license = this.#call.installation.license } = this.#call;
    const { app, installId } = installation;
    return {
      proxy: { token: 'emulator', url: 'http://emulator.invalid' },
      contextAri: installation.contextAri,
      container: {},
      appContext: {
        appId: app.appId,
        appVersion: '0.0.0-emulator',
        environmentId: ENVIRONMENT_ID,
        environmentType: 'DEVELOPMENT',
        invocationId: this.#id,
        installationId: installId,
        functionKey,
        moduleType,
        moduleKey,
        ...(license ? { license } : {}),
        permissions: { scopes: [...app.scopes], external: {} },
      },
      ...(accountId ? { aaid: accountId } : {}),
      lambdaContext: { awsRequestId: this.#id, getRemainingTimeInMillis: () => Math.max(0, this.#deadline - this.now()) },
      tracing: { traceId: this.#id.replaceAll('-', ''), spanId: this.#id.slice(0, 8) },
      realtime: {},
      metrics,
      featureFlags: () => false,
    };
  }
}

/** Converts a value to JSON and back, as the platform does: it keeps no undefined, Date or shared object. */
function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
