// Starts function processes and lets the emulator call the app's handlers in them.
import { fork, type ChildProcess } from 'node:child_process';
import { AsyncLocalStorage } from 'node:async_hooks';
import { fileURLToPath } from 'node:url';
import type { FetchTarget } from '../../emulator/globals.ts';

export interface Used {
  /** After loading the bundle, before the first invocation. */
  idleRss: number;
  peakRss: number;
  /** Largest value of V8's heap and external memory between two steps of the glue. */
  peakHeap: number;
}
type Call = { kind: 'call'; id: number; target: FetchTarget; path: string; init: { method?: string; headers: [string, string][]; body: Uint8Array | null } };
type Message = Call | { kind: 'ready'; rss: number } | { kind: 'done'; text: string; peakHeap: number; peakRss: number };
type Platform = { __forge_runtime__: object; __forge_fetch__(target: FetchTarget, path: string, init: object): Promise<Response> };

const platform = globalThis as unknown as Platform;
const program = fileURLToPath(new URL('function.cjs', import.meta.url));

export class Worker {
  readonly used: Used = { idleRss: 0, peakRss: 0, peakHeap: 0 };
  readonly #child: ChildProcess;
  #ready = Promise.withResolvers<void>();
  #done = Promise.withResolvers<string>();
  #forward: (call: Call) => void = () => {};

  constructor(bundle: string, oldSpaceMb: number) {
    const execArgv = [`--max-old-space-size=${oldSpaceMb}`];
    this.#child = fork(program, [bundle], { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child.on('message', (message: Message) => this.#receive(message));
    this.#child.on('exit', (code, signal) => {
      const error = new Error(`the function process ended with ${signal ?? code}, SIGABRT being out of memory`);
      this.#ready.reject(error);
      this.#done.reject(error);
    });
    this.#done.promise.catch(() => {});
  }

  /** Called by the emulator inside of its invocation, whose context the calls of the child then have. */
  async call(name: string, event: unknown, context: unknown): Promise<unknown> {
    await this.#ready.promise;
    const inContext = AsyncLocalStorage.snapshot();
    this.#forward = (call) => inContext(() => void this.#answer(call));
    this.#done = Promise.withResolvers<string>();
    const { appContext, contextAri, container, proxy, tracing, realtime, lambdaContext, aaid } = platform.__forge_runtime__ as Record<string, object>;
    const { awsRequestId } = lambdaContext as { awsRequestId: string };
    const runtime = { appContext, contextAri, container, proxy, tracing, realtime, lambdaContext: { awsRequestId }, ...(aaid ? { aaid } : {}) };
    this.#child.send({ kind: 'invoke', name, runtime, text: JSON.stringify([event, context]) });
    return JSON.parse(await this.#done.promise) as unknown;
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #receive(message: Message): void {
    if (message.kind === 'call') return this.#forward(message);
    if (message.kind === 'ready') {
      this.used.idleRss = message.rss;
      return this.#ready.resolve();
    }
    this.used.peakHeap = message.peakHeap;
    this.used.peakRss = message.peakRss;
    this.#done.resolve(message.text);
  }

  async #answer({ id, target, path, init: { method, headers, body } }: Call): Promise<void> {
    const isText = target.type === 'kvs';
    const init = { ...(method ? { method } : {}), headers, ...(body ? { body: isText ? Buffer.from(body).toString() : body } : {}) };
    const response = await platform.__forge_fetch__(target, path, init);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (this.#child.connected) this.#child.send({ kind: 'answer', id, status: response.status, headers: [...response.headers], body: bytes.length > 0 ? bytes : null });
  }
}
