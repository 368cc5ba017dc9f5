// Measures the memory that a function needs for its largest requests: `npm run memory`, after `npm run bundle`. Each runs in a
// new process, whose heap limit is three quarters of the memory that the function would have.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle, type AppBundle } from '../../emulator/bundle.ts';
import { SystemClock } from '../../emulator/clock.ts';
import { Emulator } from '../../emulator/emulator.ts';
import { realFetch } from '../../emulator/globals.ts';
import { document, setComments, startJira } from './jira.ts';
import { Worker, type Used } from './worker.ts';

const INSTALL_ID = '0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11';
const MIB = 1024 * 1024;
const SIZES_MB = [128, 256, 512];
/** Longest JSON of a comment's document. */
const LONGEST = 32_000;
const bundle = resolve(fileURLToPath(new URL('../../', import.meta.url)), 'dist/bundle');
const jira = await startJira();

let lastId = 0;
function message(ticketId: number, kind: string, data: object): object {
  lastId += 1;
  return { id: `01M3250V${String(lastId).padStart(18, '0')}`, ticketId, kind, data };
}
const createdAt = '2026-11-24T08:15:30.123Z';
const file = (bytes: Buffer): object => ({
  articleId: 1, attachmentId: 1, issues: ['1'], name: '🖨.bin', mediaType: 'application/octet-stream', size: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'), internal: false, bytes: bytes.toString('base64'),
});
const article = (number: number): object => ({
  articleId: number, attachmentCount: 0, createdAt, document: document(LONGEST), internal: false, issues: ['1'], url: `https://help.example/#ticket/zoom/1/${number}`,
});
const links = Array.from({ length: 10 }, (_, index) => index + 1);
/** Questions that read 100 comments each. */
const catchUps = (count: number, length: number) => (): object[] => {
  setComments(length);
  return links.slice(0, count).map((id) => message(id, 'issue.get', { issue: String(id), catchUpSince: '1970-01-01T00:00:00.000Z' }));
};

/** The exchanges that are measured, each in a new process, after the links were made. */
const EXCHANGES: Record<string, () => object[]> = {
  'empty poll': () => [],
  '50 comments': () => Array.from({ length: 50 }, (_, index) => message(1, 'article.added', article(index + 1))),
  'one file of 2.5 MiB': () => [message(1, 'attachment.added', file(randomBytes(2.5 * MIB)))],
  '10 catch-ups, 100 comments of 2,000': catchUps(10, 2_000),
  'one catch-up, 100 comments of 32,000': catchUps(1, LONGEST),
};
/** Only measured when asked for by their names, since some of them never end. */
const EXTREME: Record<string, () => object[]> = Object.fromEntries([2, 5, 10].map((count) => [`${count} catch-ups, 100 comments of 32,000`, catchUps(count, LONGEST)]));
const EVENT = 'event of a comment of 32,000';

async function measure(sizeMb: number, makeMessages?: () => object[]): Promise<{ outcome: string; used: Used }> {
  let worker = new Worker(`${bundle}/index.cjs`, Math.floor(sizeMb * 0.75));
  const names: Record<string, string> = { 'exchange-handler': 'exchange', 'jira-event-handler': 'jiraEvent', admin: 'admin' };
  const loaded = loadBundle(bundle);
  const app: AppBundle = { ...loaded, handler: (key) => (event, context) => worker.call(names[key] ?? key, event, context) };
  const emulator = new Emulator(app, new SystemClock());
  emulator.log.recording = false;
  const origin = await emulator.listen();
  const post = async (path: string, body: object): Promise<Record<string, string>> =>
    (await (await realFetch(`${origin}/__emulator/${path}`, { method: 'POST', body: JSON.stringify(body) })).json()) as Record<string, string>;
  const { webTriggerUrl = '' } = await post('installations', { installId: INSTALL_ID, cloudId: 'cloud', jiraUrl: jira.url });
  const { secret = '' } = await post('invoke', { installId: INSTALL_ID, functionKey: 'admin', accountId: 'admin', payload: { functionKey: 'connection.create', payload: {} } });

  const exchange = async (messages: object[]): Promise<string> => {
    const request = { v: 1, installId: INSTALL_ID, sidecar: { version: '1.0.0', instance: 'm', startedAt: createdAt }, messages, acks: [], poll: { max: 50 } };
    const body = JSON.stringify(request);
    const response = await realFetch(webTriggerUrl, { method: 'POST', headers: signed(body, secret), body });
    const text = await response.text();
    if (response.status !== 200) return `${response.status} ${text}`;
    const counts = new Map<string, number>();
    for (const { status, code = '' } of (JSON.parse(text) as { results: { status: string; code?: string }[] }).results) {
      counts.set(`${status} ${code}`.trim(), (counts.get(`${status} ${code}`.trim()) ?? 0) + 1);
    }
    return [`${(Buffer.byteLength(body) / MIB).toFixed(1)} MiB in, ${(Buffer.byteLength(text) / MIB).toFixed(1)} out`, ...[...counts].map(([name, count]) => `${count} ${name}`)].join(', ');
  };
  try {
    const linked = links.map((id) => message(id, 'link.requested', { issue: String(id), ticketNumber: String(50_000 + id), ticketUrl: `https://help.example/#ticket/zoom/${id}`, afterArticle: 0 }));
    await exchange(linked);
    worker.stop();
    worker = new Worker(`${bundle}/index.cjs`, Math.floor(sizeMb * 0.75));
    if (makeMessages) return { outcome: await exchange(makeMessages()), used: worker.used };
    const event = { eventType: 'avi:jira:commented:issue', issue: { id: '1' }, comment: { id: '1' } };
    await realFetch(`${origin}/__emulator/events/${INSTALL_ID}`, { method: 'POST', body: JSON.stringify(event) });
    await realFetch(`${origin}/__emulator/idle`);
    const { values } = (await (await realFetch(`${origin}/__emulator/kvs/${INSTALL_ID}`)).json()) as { values: object };
    return { outcome: `${Object.keys(values).filter((key) => key.startsWith('cmd:')).length} command`, used: worker.used };
  } finally {
    worker.stop();
    await emulator.close();
  }
}

function signed(body: string, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16).toString('hex');
  const text = [INSTALL_ID, timestamp, nonce, createHash('sha256').update(body).digest('hex')].join('|');
  const signature = createHmac('sha256', Buffer.from(secret, 'hex')).update(text).digest('hex');
  return { 'X-Connector-Install-Id': INSTALL_ID, 'X-Connector-Timestamp': timestamp, 'X-Connector-Nonce': nonce, 'X-Connector-Signature': `v1=${signature}` };
}

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : [...Object.keys(EXCHANGES), EVENT];
const unknown = names.filter((name) => ![...Object.keys(EXCHANGES), ...Object.keys(EXTREME), EVENT].includes(name));
if (unknown.length > 0) throw new Error(`known are ${Object.keys({ ...EXCHANGES, ...EXTREME }).join('; ')}; ${EVENT}`);
for (const name of names) {
  for (const sizeMb of SIZES_MB) {
    setComments(LONGEST);
    const { outcome, used } = await measure(sizeMb, name === EVENT ? undefined : (EXCHANGES[name] ?? EXTREME[name]));
    const mib = (bytes: number): string => `${Math.round(bytes / MIB)}`;
    process.stdout.write(`${name}; limit ${sizeMb} MB: RSS ${mib(used.idleRss)} idle, ${mib(used.peakRss)} peak, heap ${mib(used.peakHeap)} MiB; ${outcome}\n`);
  }
}
jira.close();
