// The emulator: installations with their event queues, and one HTTP server for web triggers and the control API.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppBundle } from './bundle.ts';
import type { Clock } from './clock.ts';
import { serveControl } from './control.ts';
import type { ControlHost, Installed } from './control-host.ts';
import { EventQueue } from './events.ts';
import { WebTriggerFaults } from './faults.ts';
import { Installation } from './installation.ts';
import { Invocation, type Call, type Host, type Outcome } from './invocation.ts';
import { EmulatorLog } from './log.ts';
import { serveWebTrigger, type Capture } from './webtrigger.ts';

export const CONTROL = '/__emulator/';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class Emulator implements Host, ControlHost {
  readonly app: AppBundle;
  readonly clock: Clock;
  readonly log = new EmulatorLog();
  readonly faults = new WebTriggerFaults();
  readonly captures: Capture[] = [];
  readonly #installations = new Map<string, Installed>();
  readonly #server: Server;

  constructor(app: AppBundle, clock: Clock) {
    this.app = app;
    this.clock = clock;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Listens on loopback only, because the control API has no authentication. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    return this.origin();
  }

  async close(): Promise<void> {
    for (const { events } of this.#installations.values()) events.close();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  now(): number {
    return this.clock.now();
  }

  install(installId: string, cloudId: string, jiraUrl: string): Installation {
    if (!UUID.test(installId)) throw new TypeError('installId: must be a lower-case UUID');
    const { origin } = new URL(jiraUrl);
    const existing = this.#installations.get(installId)?.installation;
    if (existing) return Object.assign(existing, { cloudId, jiraUrl: origin });
    const installation = new Installation(installId, cloudId, origin, this.app, () => this.clock.now());
    const events = new EventQueue(this, installation, (call) => this.invoke(call));
    this.#installations.set(installId, { installation, events });
    return installation;
  }

  uninstall(installId: string): boolean {
    this.#installations.get(installId)?.events.close();
    return this.#installations.delete(installId);
  }

  find(installId: string): Installed {
    const found = this.#installations.get(installId);
    if (!found) throw new TypeError(`no installation ${installId}`);
    return found;
  }

  all(): Installed[] {
    return [...this.#installations.values()];
  }

  async invoke(call: Call): Promise<Outcome> {
    return new Invocation(this, call).run();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    try {
      if (path.startsWith(CONTROL)) return await serveControl(this, request, response);
      const target = this.#webTrigger(/^\/x1\/([^/]+)/.exec(path)?.[1]);
      if (target) return await serveWebTrigger(this, target, request, response);
      response.writeHead(404).end();
    } catch (error) {
      // An error of the emulator itself: report it, and do not send a response that could be taken for the app's.
      process.stderr.write(`emulator: ${error instanceof Error ? error.stack : String(error)}\n`);
      request.socket.destroy();
    }
  }

  #webTrigger(id: string | undefined): { installation: Installation; moduleKey: string } | undefined {
    for (const { installation } of this.#installations.values()) {
      const url = installation.urls.find((candidate) => candidate.id === id);
      if (url) return { installation, moduleKey: url.moduleKey };
    }
    return undefined;
  }
}
