// One installation of the app in tests, with a sidecar that signs its requests: everything that it gets back is kept.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { control, send } from './support.ts';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A new id for a message: the time, and random bits. */
function ulid(): string {
  const bits = BigInt(Date.now()) * (1n << 80n) + BigInt(`0x${randomBytes(10).toString('hex')}`);
  return Array.from({ length: 26 }, (_, at) => CROCKFORD[Number((bits >> BigInt(5 * (25 - at))) & 31n)]).join('');
}

export class Tenant {
  readonly installId: string;
  /** A word that is in every text of this installation and in no other. */
  readonly mark: string;
  /** All that people and the sidecar of this installation were shown. */
  readonly shown: string[] = [];
  #origin = '';
  #url = '';
  #secret = '';
  #article = 0;

  constructor(installId: string) {
    this.installId = installId;
    this.mark = `mark${createHash('sha256').update(installId).digest('hex').slice(0, 16)}`;
  }

  async install(origin: string, jiraUrl: string): Promise<void> {
    this.#origin = origin;
    const { body } = await control(origin, 'POST', 'installations', { installId: this.installId, cloudId: `cloud-${this.mark}`, jiraUrl });
    this.#url = (body as { webTriggerUrl: string }).webTriggerUrl;
  }

  async connect(): Promise<void> {
    const answer = (await this.admin('connection.create')) as { secret: string };
    this.#secret = answer.secret;
  }

  async call(functionKey: 'admin' | 'panel', name: string, payload: object = {}, account = `admin-${this.installId}`): Promise<unknown> {
    const { body } = await control(this.#origin, 'POST', 'invoke', { installId: this.installId, functionKey, accountId: account, ...(functionKey === 'panel' ? { issue: '10007' } : {}), payload: { functionKey: name, payload } });
    this.shown.push(JSON.stringify(body));
    return body;
  }

  async admin(name: string, payload: object = {}): Promise<unknown> {
    return this.call('admin', name, payload);
  }

  async event(eventType: string): Promise<void> {
    await control(this.#origin, 'POST', `events/${this.installId}`, { eventType, issue: { id: '10007' }, comment: { id: '300' }, app: { version: '2.0.0' } });
  }

  async job(moduleKey: string): Promise<unknown> {
    const { body } = await control(this.#origin, 'POST', 'jobs', { installId: this.installId, moduleKey });
    this.shown.push(JSON.stringify(body));
    return body;
  }

  async stored(): Promise<string> {
    return JSON.stringify((await control(this.#origin, 'GET', `kvs/${this.installId}`)).body);
  }

  /** One exchange of the sidecar; `to` is another installation for a request that went astray. */
  async exchange(messages: object[], to: Tenant = this): Promise<{ status: number; body: string }> {
    const request = { v: 1, installId: this.installId, sidecar: { version: '1.0.0', instance: this.mark, startedAt: '2026-11-24T08:15:30.123Z' }, messages, acks: [], poll: { max: 50 } };
    const body = JSON.stringify(request);
    const reply = await send(to.#url, { headers: this.#signed(body), body });
    this.shown.push(reply.body);
    return reply;
  }

  link(): object {
    return this.#message('link.requested', { issue: 'PROJ-7', ticketNumber: '50042', ticketUrl: `https://${this.mark}.example/#ticket/zoom/42`, afterArticle: 0, title: `Ticket ${this.mark}` });
  }

  article(): object {
    this.#article += 1;
    const document = { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text: `Article ${this.mark}` }] }] };
    return this.#message('article.added', { articleId: this.#article, attachmentCount: 0, createdAt: '2026-11-24T08:15:30.123Z', document, internal: false, issues: ['10007'], url: `https://${this.mark}.example/#ticket/zoom/42/1` });
  }

  snapshot(): object {
    const at = '2026-11-24T08:15:30.123Z';
    const named = (id: number): object => ({ id, name: `Name ${this.mark}` });
    return this.#message('ticket.changed', { articleCount: 1, createdAt: at, updatedAt: at, number: '50042', title: `Ticket ${this.mark}`, customer: named(9), owner: named(4), group: named(1), priority: named(2), state: { bucket: 'open', name: this.mark } });
  }

  search(): object {
    return this.#message('issue.search', { query: `printer ${this.mark}`, limit: 10 });
  }

  #message(kind: string, data: object): object {
    return { id: ulid(), ticketId: 42, kind, data };
  }

  #signed(body: string): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = randomBytes(16).toString('hex');
    const text = [this.installId, timestamp, nonce, createHash('sha256').update(body).digest('hex')].join('|');
    const signature = createHmac('sha256', Buffer.from(this.#secret, 'hex')).update(text).digest('hex');
    return { 'X-Connector-Install-Id': this.installId, 'X-Connector-Timestamp': timestamp, 'X-Connector-Nonce': nonce, 'X-Connector-Signature': `v1=${signature}` };
  }
}
