// Opens sealed requests in the module that the app ships, as invoke.ts drives it, up to the nonce claim: by then the
// signature was found good. Sealed here with Node's own crypto, so that a wrong envelope would show as a refusal.
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = `${process.cwd()}/${process.argv[2]}`;
const encoded = JSON.parse(readFileSync(`${folder}/bytes.json`, 'utf8'));
const bytes = Buffer.from(encoded, 'base64');
const { Invocation, initSync } = await import(pathToFileURL(`${folder}/core.js`).href);
const loading = performance.now();
initSync({ module: bytes });
const loaded = performance.now() - loading;

const installId = '0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11';
const secret = createHash('sha256').update('the secret of the bench').digest();
const now = 1_790_000_000_000;
const sha256 = (body) => createHash('sha256').update(body).digest('hex');
const stamp = String(now / 1000);
const keyId = createHash('sha256').update('connector/v1/key-id\0').update(secret).digest('hex').slice(0, 8);
const stored = { installId, value: { hex: secret.toString('hex'), madeAt: now } };
const nonce = 'ab'.repeat(16);

function inputOf(body) {
  const text = `${installId}|${stamp}|${nonce}|${sha256(body)}`;
  const signature = `v1=${createHmac('sha256', secret).update(text).digest('hex')}`;
  const headers = {
    'x-connector-install-id': [installId], 'x-connector-timestamp': [stamp], 'x-connector-nonce': [nonce],
    'x-connector-key-id': [keyId], 'x-connector-signature': [signature], 'content-type': ['application/json'],
  };
  const context = { installId, accountId: null, appVersion: '1.0.0', environmentType: 'PRODUCTION' };
  const payload = { method: 'POST', path: '/x1/bench', userPath: '', headers, queryParameters: {} };
  return JSON.stringify({ context, payload });
}

/** Milliseconds inside the module; what the platform takes to answer is not counted. */
function open(input, body) {
  let spent = 0;
  const inside = (work) => {
    const began = performance.now();
    const made = work();
    spent += performance.now() - began;
    return made;
  };
  const core = inside(() => new Invocation('web_trigger', input, Buffer.from(body, 'utf8')));
  let answers = '[]';
  for (let step = 0; step < 10; step += 1) {
    const { effects, done } = JSON.parse(inside(() => core.step(now, answers)));
    if (done) throw new Error(`refused: ${JSON.stringify(done)}`);
    if (effects.some(({ op, key }) => op === 'kv.set' && key.startsWith('nonce:'))) {
      core.free();
      return spent;
    }
    answers = JSON.stringify(effects.map(({ id, key }) => ({ id, ok: key === 'hmac:current' ? stored : null })));
  }
  throw new Error('no nonce was claimed');
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const measure = (times, work) => {
  for (let i = 0; i < times / 4; i += 1) work();
  return median(Array.from({ length: times }, work));
};

console.log(`Node ${process.version}; module ${bytes.length} bytes, gzip ${gzipSync(bytes, { level: 9 }).length}, base64 ${encoded.length}; compiled and started in ${loaded.toFixed(1)} ms`);
for (const [name, size, times, goal] of [['256 B', 256, 8000, ''], ['4 KiB', 4096, 8000, ''], ['64 KiB', 65536, 3000, ' (goal 0.2)'], ['1 MiB', 1048576, 300, '']]) {
  const body = 'x'.repeat(size);
  const input = inputOf(body);
  const took = measure(times, () => open(input, body));
  const native = measure(times, () => { const began = performance.now(); sha256(body); return performance.now() - began; });
  console.log(`open ${name}: median of ${times} ${took.toFixed(4)} ms${goal}; Node's own SHA-256 of the body ${native.toFixed(4)} ms`);
}
