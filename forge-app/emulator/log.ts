// What happened, in order, for tests to look at. Entries hold what the app printed, word for word: it is searched for
// content that must not be there.
export type LogEntry = { at: number; installId?: string; invocationId?: string } & (
  | { kind: 'console'; level: string; line: string }
  | { kind: 'invocation'; functionKey: string; outcome: 'returned' | 'threw' | 'timed-out'; ms: number; error?: string }
  | { kind: 'platform'; target: string; method: string; path: string; status: number }
  /** Something a real platform would punish later or elsewhere: no test should see one it did not provoke. */
  | { kind: 'violation'; what: string; detail: string }
  | { kind: 'event'; eventType: string; outcome: 'queued' | 'lost' | 'ignored-self' | 'unmatched' | 'retrying' | 'exhausted' }
);

export class EmulatorLog {
  readonly entries: LogEntry[] = [];

  add(entry: LogEntry): void {
    this.entries.push(entry);
  }
}
