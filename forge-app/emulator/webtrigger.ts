// The public side: an HTTP request to /x1/<id> becomes a call of the function, and its result the response
// (docs/platforms/forge.md §4).
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebTriggerFault, WebTriggerFaults } from './faults.ts';
import type { Installation } from './installation.ts';
import type { Call, Outcome } from './invocation.ts';
import type { EmulatorLog } from './log.ts';

/** A request to a web trigger with every byte, so that tests can search it for content that must not be sent. */
export interface Capture {
  installId: string;
  at: number;
  method: string;
  url: string;
  httpVersion: string;
  rawHeaders: string[];
  rawTrailers: string[];
  bodyBase64: string;
  /** False until the request is complete, and if the client disconnected before. */
  complete: boolean;
  fault?: string;
  status?: number;
}
export interface WebTriggerHost {
  faults: WebTriggerFaults;
  captures: Capture[];
  log: EmulatorLog;
  now(): number;
  invoke(call: Call): Promise<Outcome>;
}

const MAX_PAYLOAD = 5 * 1024 * 1024;
const MAX_DRAINED = 64 * 1024 * 1024;
type Result = { statusCode: number; headers?: Record<string, string[]>; body?: string };

export async function serveWebTrigger(
  host: WebTriggerHost,
  target: { installation: Installation; moduleKey: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { installation, moduleKey } = target;
  const fault = host.faults.next(installation.installId);
  const capture: Capture = {
    installId: installation.installId,
    at: host.now(),
    method: request.method ?? '',
    url: request.url ?? '',
    httpVersion: request.httpVersion,
    rawHeaders: request.rawHeaders,
    rawTrailers: [],
    bodyBase64: '',
    complete: false,
    ...(fault ? { fault: fault.mode } : {}),
  };
  if (host.log.recording) host.captures.push(capture);
  if (fault?.mode === 'down') return void request.socket.destroy();
  const body = await receive(request, capture, host.log.recording);
  if (!capture.complete) return;
  const status = (code: number): void => {
    capture.status = code;
    response.writeHead(code, { 'content-length': 0, ...retryAfter(fault) }).end();
  };
  if (!body) return status(413);
  if (fault?.mode === 'hang') return; // until the client disconnects or the emulator closes
  if (fault?.mode === 'reset') return void request.socket.resetAndDestroy();
  if (fault?.mode === 'status') return status(fault.status);
  const functionKey = installation.app.webTriggers.get(moduleKey) ?? '';
  const context = { installContext: installation.contextAri, installation: { ari: installation.installId } };
  const event = eventOf(request, body);
  const outcome = await host.invoke({ installation, functionKey, moduleType: 'webtrigger', moduleKey, event, context });
  if (fault?.mode === 'drop-reply') return void request.socket.destroy();
  if (outcome.kind === 'timed-out') return status(424); // as reported for time-outs; not verified on a real site
  const result = outcome.kind === 'returned' ? wellFormed(outcome.value) : undefined;
  // The result of a function is a payload too.
  if (!result || Buffer.byteLength(JSON.stringify(result)) > MAX_PAYLOAD) return status(500);
  capture.status = result.statusCode;
  response.writeHead(result.statusCode, result.headers ?? {}).end(result.body ?? '');
}

/** Returns the body, or undefined if it exceeds the limit. The received bytes are recorded in both cases. */
async function receive(request: IncomingMessage, capture: Capture, recording: boolean): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The body is read to its end even over the limit: closing the connection earlier could discard the 413 response.
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (size <= MAX_PAYLOAD) chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_DRAINED) throw new Error('body far over the limit');
    }
    capture.complete = true;
  } catch {
    // The client disconnected or sent far too much; the capture stays incomplete, and there is no response.
    request.socket.destroy();
  }
  const body = Buffer.concat(chunks);
  if (recording) capture.bodyBase64 = body.toString('base64');
  capture.rawTrailers = request.rawTrailers;
  return size > MAX_PAYLOAD ? undefined : body;
}

function eventOf(request: IncomingMessage, body: Buffer): object {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, , , ...rest] = url.pathname.split('/');
  const headers = new Map<string, string[]>();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(index, index + 2);
    headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  const query = new Map<string, string[]>();
  for (const [name, value] of url.searchParams) query.set(name, [...(query.get(name) ?? []), ...value.split(',')]);
  return {
    method: request.method,
    path: url.pathname,
    userPath: rest.length > 0 ? `/${rest.join('/')}` : '',
    headers: Object.fromEntries(headers),
    queryParameters: Object.fromEntries(query),
    ...(body.length > 0 ? { body: body.toString('utf8') } : {}),
  };
}

function wellFormed(value: unknown): Result | undefined {
  const { statusCode, headers = {}, body = '' } = Object(value) as Partial<Result>;
  if (!Number.isInteger(statusCode) || statusCode === undefined || statusCode < 200 || statusCode > 599) return undefined;
  if (typeof body !== 'string' || Buffer.byteLength(body) > MAX_PAYLOAD) return undefined;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const lists = Object.values(headers).every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'));
  return lists ? { statusCode, headers, body } : undefined;
}

function retryAfter(fault: WebTriggerFault | undefined): Record<string, string> {
  return fault?.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
}
