// The use that Forge prices or limits, counted for each function, so that a bench can price a day.
import { bytesOf } from './kvs/limits.ts';

export interface StorageUse {
  reads: number;
  writes: number;
  deletes: number;
  bytesRead: number;
  bytesWritten: number;
}
type Kind = 'storage' | 'jira' | 'other';
export interface Use {
  invocations: number;
  kvs: StorageUse;
  secrets: StorageUse;
  jiraCalls: number;
  /** Calls that are neither of these: URLs of web triggers, batches and transactions of the storage. */
  otherCalls: number;
  /** How often the function waited: calls that overlap in time are one round. One with a call of Jira counts for Jira. */
  rounds: Record<Kind, number>;
  /** CPU time of the main thread while no call was under way. Invocations that run at the same time share it. */
  cpuMicros: number;
}

/** "Empty KVS reads count as 1KB" (Forge's price list). */
const EMPTY_READ_BYTES = 1_024;
const SLOWEST_FIRST: readonly Kind[] = ['jira', 'storage', 'other'];

/** Counts for one invocation. */
export class Meter {
  readonly #use: Use = { ...nothing(), invocations: 1 };
  #inFlight = 0;
  #round: Kind = 'other';
  #cpuAt = cpuMicros();

  get inFlight(): number {
    return this.#inFlight;
  }

  begin(kind: Kind): void {
    if (this.#inFlight === 0) this.#use.cpuMicros += cpuMicros() - this.#cpuAt;
    const kinds = this.#inFlight === 0 ? [kind] : [kind, this.#round];
    this.#round = SLOWEST_FIRST.find((candidate) => kinds.includes(candidate)) ?? kind;
    this.#inFlight += 1;
    if (kind === 'jira') this.#use.jiraCalls += 1;
    if (kind === 'other') this.#use.otherCalls += 1;
  }

  end(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#endRound();
  }

  /** A call of the storage with its answer. A call that failed has no bytes. */
  storage(path: string, request: string, { status, body }: { status: number; body?: unknown }): void {
    const op = path.slice('/api/v1/'.length);
    const use = op.startsWith('secret/') ? this.#use.secrets : this.#use.kvs;
    const done = status < 300;
    switch (op) {
      case 'get':
      case 'secret/get':
        use.reads += 1;
        use.bytesRead += done ? rowBytes(body as Row) : status === 404 ? EMPTY_READ_BYTES : 0;
        break;
      case 'query':
        use.reads += 1;
        use.bytesRead += done ? pageBytes((body as { data: Row[] }).data) : 0;
        break;
      case 'set':
      case 'secret/set':
        use.writes += 1;
        use.bytesWritten += done ? rowBytes(JSON.parse(request) as Row) : 0;
        break;
      case 'delete':
      case 'secret/delete':
        use.deletes += 1;
        break;
      default:
        this.#use.otherCalls += 1;
    }
  }

  /** The use of the whole invocation, with a round that its time limit has cut off. */
  finish(): Use {
    if (this.#inFlight > 0) this.#endRound();
    this.#use.cpuMicros += cpuMicros() - this.#cpuAt;
    return this.#use;
  }

  #endRound(): void {
    this.#use.rounds[this.#round] += 1;
    this.#cpuAt = cpuMicros();
  }
}

type Row = { key: string; value: unknown };

function rowBytes({ key, value }: Row): number {
  return Buffer.byteLength(key) + bytesOf(value);
}

function pageBytes(rows: readonly Row[]): number {
  return rows.length === 0 ? EMPTY_READ_BYTES : rows.reduce((bytes, row) => bytes + rowBytes(row), 0);
}

function cpuMicros(): number {
  // Linux brings the time of a thread up to date only now and then, and when the time of the whole process is asked for: without
  // this call most of a short stretch is missing.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function nothing(): Use {
  const storage = (): StorageUse => ({ reads: 0, writes: 0, deletes: 0, bytesRead: 0, bytesWritten: 0 });
  return { invocations: 0, kvs: storage(), secrets: storage(), jiraCalls: 0, otherCalls: 0, rounds: { storage: 0, jira: 0, other: 0 }, cpuMicros: 0 };
}

/** The use of one installation, by the key of the function. */
export class UsageByFunction {
  readonly #functions = new Map<string, Use>();

  add(functionKey: string, use: Use): void {
    this.#functions.set(functionKey, sum(this.#functions.get(functionKey) ?? nothing(), use));
  }

  reset(): void {
    this.#functions.clear();
  }

  toJSON(): object {
    return Object.fromEntries(this.#functions);
  }
}

/** Adds two objects of numbers with the same names. */
function sum<T extends object>(a: T, b: T): T {
  const added = (name: string, one: unknown): unknown => {
    const other = b[name as keyof T];
    return typeof one === 'number' ? one + (other as number) : sum(one as object, other as object);
  };
  return Object.fromEntries(Object.entries(a).map(([name, one]) => [name, added(name, one)])) as T;
}
