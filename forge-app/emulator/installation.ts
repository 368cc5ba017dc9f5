// One installation of the app on one site: a tenant.
import { createHash } from 'node:crypto';
import type { AppBundle } from './bundle.ts';
import { KvsFaults } from './kvs/faults.ts';
import { KvsService } from './kvs/wire.ts';
import { UsageByFunction } from './usage.ts';

export interface WebTriggerUrl {
  id: string;
  moduleKey: string;
}

export class Installation {
  readonly installId: string;
  readonly app: AppBundle;
  readonly kvs: KvsService;
  readonly usage = new UsageByFunction();
  cloudId: string;
  jiraUrl: string;
  /** The settings that a gadget's page has stored through Jira. */
  gadgetConfiguration?: object;
  /** Absent in development, as on the platform. */
  license?: { active: boolean };
  /** The platform's answers about accounts that the app reports, and the accounts that it reported. */
  accountStates = new Map<string, 'closed' | 'updated'>();
  reportedAccounts: { accountId: string; updatedAt: string }[] = [];
  #urls: WebTriggerUrl[] = [];
  #created = 0;

  constructor(installId: string, cloudId: string, jiraUrl: string, app: AppBundle, now: () => number) {
    this.installId = installId;
    this.cloudId = cloudId;
    this.jiraUrl = jiraUrl;
    this.app = app;
    this.kvs = new KvsService(now, new KvsFaults(), app.scopes);
  }

  get contextAri(): string {
    return `ari:cloud:jira::site/${this.cloudId}`;
  }

  get urls(): readonly WebTriggerUrl[] {
    return this.#urls;
  }

  /** Returns the URL of a web trigger. `forceCreate` creates another one; the old URL stays valid until it is deleted. */
  webTrigger(moduleKey: string, forceCreate = false): WebTriggerUrl | undefined {
    if (!this.app.webTriggers.has(moduleKey)) return undefined;
    const existing = this.#urls.findLast((url) => url.moduleKey === moduleKey);
    if (existing && !forceCreate) return existing;
    const seed = `${this.installId} ${moduleKey} ${this.#created}`;
    this.#created += 1;
    const url = { id: createHash('sha256').update(seed).digest('hex').slice(0, 40), moduleKey };
    this.#urls.push(url);
    return url;
  }

  deleteWebTrigger(id: string): boolean {
    const before = this.#urls.length;
    this.#urls = this.#urls.filter((url) => url.id !== id);
    return this.#urls.length < before;
  }
}
