// One Jira for many sites in tests: it knows the site by the app's or the user's credential, and every text of a site has the
// mark of its installation.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class TenantJira {
  readonly #server: Server;
  readonly #markOf: (installId: string) => string;
  /** Answers everything with this status, if it is set. */
  status: number | undefined;
  readonly deleted: string[] = [];

  constructor(markOf: (installId: string) => string) {
    this.#markOf = markOf;
    this.#server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        const body = this.#answer(request);
        response.writeHead(this.status ?? (request.method === 'DELETE' ? 204 : 200), { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ method = 'GET', url = '/', headers }: IncomingMessage): unknown {
    // Users of a test are named `<role>-<installation>`.
    const [, kind, who = ''] = /^Bearer (app|user):(.*)$/.exec(String(headers.authorization)) ?? [];
    const installId = kind === 'app' ? who : who.slice(who.indexOf('-') + 1);
    const mark = this.#markOf(installId);
    const path = url.split('?')[0] ?? '';
    if (method === 'DELETE') this.deleted.push(`${installId} ${url}`);
    if (path.endsWith('/mypermissions')) {
      const name = new URL(url, 'http://x').searchParams.get('permissions') ?? '';
      return { permissions: { [name]: { havePermission: kind === 'app' || who.startsWith('admin-') } } };
    }
    if (path.endsWith('/myself')) return { accountId: `app-${mark}`, accountType: 'app' };
    if (path.endsWith('/user/search')) return [{ accountId: `acc-${mark}`, displayName: `Ann ${mark}`, active: true, accountType: 'atlassian' }];
    const project = { id: '1', key: 'PROJ', name: mark, projectTypeKey: 'software' };
    if (path.endsWith('/project/search')) return { values: [project], isLast: true };
    if (path.includes('/project/')) return project;
    const status = { id: '1', name: `Open ${mark}`, statusCategory: { key: 'new' } };
    const assignee = { accountId: `acc-${mark}`, displayName: `Ann ${mark}` };
    const fields = { summary: `Issue ${mark}`, status, project, assignee, issuetype: { id: '1' }, labels: [], fixVersions: [], attachment: [], updated: '2026-11-24T08:15:30.000+0000', created: '2026-11-24T08:15:30.000+0000' };
    const issue = { id: '10007', key: 'PROJ-7', fields };
    if (path.endsWith('/search/jql')) return { issues: [issue] };
    const [, part, id] = /\/issue\/[^/]+(?:\/(\w+)(?:\/([^/]+))?)?/.exec(path) ?? [];
    if (part === 'comment' && method === 'POST') return { id: '200' };
    const text = { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text: `Comment ${mark}` }] }] };
    const comment = { id: id ?? '300', author: assignee, created: '2026-11-24T08:15:30.000+0000', updated: '2026-11-24T08:15:30.000+0000', body: text, properties: [] };
    if (part === 'comment') return id ? comment : { startAt: 0, maxResults: 100, total: 1, comments: [comment] };
    return part ? {} : issue;
  }
}
