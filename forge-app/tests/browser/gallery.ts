// The app of tests/fixtures/gallery, which `npm run test:browser` bundles, in an emulator, with a stand-in for Jira.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadBundle } from '../../emulator/bundle.ts';
import { SystemClock } from '../../emulator/clock.ts';
import { Emulator } from '../../emulator/emulator.ts';
import { A } from '../support.ts';
import { root } from './support.ts';

export interface Gallery {
  emulator: Emulator;
  origin: string;
  /** Base of the addresses of its pages. */
  pages: string;
  close(): Promise<void>;
}

const ISSUE = { id: '10001', key: 'SUP-1', fields: { issuetype: { id: '10002', name: 'Bug' }, project: { id: '10000', key: 'SUP', projectTypeKey: 'software' } } };
const ADA = { accountId: 'a1', displayName: 'Ada Lovelace', emailAddress: 'ada@example.com' };

function jira(): Server {
  return createServer(({ url = '', headers }, response) => {
    const { pathname } = new URL(url, 'http://jira');
    const answers: Record<string, unknown> = {
      '/rest/api/3/issue/SUP-1': ISSUE,
      '/rest/api/3/project/SUP': ISSUE.fields.project,
      '/rest/api/3/user/search': [ADA],
      '/rest/api/3/user': ADA,
    };
    const seen = headers.authorization !== 'Bearer user:stranger' && answers[pathname];
    response.writeHead(seen ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(seen || {}));
  });
}

export async function startGallery(): Promise<Gallery> {
  const emulator = new Emulator(loadBundle(`${root}dist/test/gallery`), new SystemClock());
  const origin = await emulator.listen();
  const site = jira();
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  emulator.install(A, 'cloud-a', `http://127.0.0.1:${(site.address() as AddressInfo).port}`);
  const close = async (): Promise<void> => {
    await emulator.close();
    site.closeAllConnections();
    site.close();
  };
  return { emulator, origin, pages: `${origin}/__emulator/pages/${A}`, close };
}
