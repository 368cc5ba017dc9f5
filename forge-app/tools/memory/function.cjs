// One function process for the measurement of memory: Node, the bundle and nothing of the emulator, as on the platform. Calls
// of the platform go to the parent process.
const waiting = new Map();
let runtime;
let peakHeap = 0;
let calls = 0;

function sample() {
  const { heapUsed, external } = process.memoryUsage();
  peakHeap = Math.max(peakHeap, heapUsed + external);
}

// Its lines are no part of the measurement.
for (const level of ['log', 'warn', 'error']) console[level] = () => {};

const metric = { incr() {}, incrBy() {}, decr() {}, decrBy() {}, set() {}, measure: () => ({ stop() {} }) };
Object.defineProperty(globalThis, '__forge_runtime__', {
  // Packages read it while they load, before there is an invocation.
  get: () =>
    runtime && {
      ...runtime,
      lambdaContext: { ...runtime.lambdaContext, getRemainingTimeInMillis: () => 55_000 },
      metrics: { counter: () => metric, gauge: () => metric, timing: () => metric },
      featureFlags: () => false,
    },
});
Object.defineProperty(globalThis, '__forge_fetch__', {
  value: async (target, path, { method, headers, body = null } = {}) => {
    sample();
    // Turns a form into bytes with their boundary, as a request over the network would.
    const encoded = new Response(body);
    const type = encoded.headers.get('content-type');
    const bytes = body === null ? null : Buffer.from(await encoded.arrayBuffer());
    const init = { method, headers: [...(type ? [['content-type', type]] : []), ...new Headers(headers)], body: bytes };
    const id = (calls += 1);
    process.send({ kind: 'call', id, target, path, init });
    const answer = await new Promise((resolve) => waiting.set(id, resolve));
    sample();
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  },
});

const exported = require(process.argv[2]);
process.on('message', async (message) => {
  if (message.kind === 'answer') {
    waiting.get(message.id)(message);
    return void waiting.delete(message.id);
  }
  runtime = message.runtime;
  const [event, context] = JSON.parse(message.text);
  const result = await exported[message.name](event, context);
  sample();
  process.send({ kind: 'done', text: JSON.stringify(result) ?? 'null', peakHeap, peakRss: process.resourceUsage().maxRSS * 1024 });
});
// The parent process stops it, perhaps while it sends.
process.once('disconnect', () => process.exit(0)).once('error', () => process.exit(0));
process.send({ kind: 'ready', rss: process.memoryUsage().rss });
