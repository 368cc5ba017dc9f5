// The events of the emulator in order, for tests. Entries have the app's output unchanged, so that tests can search it for
// content that must not be there.
export type EventOutcome = 'queued' | 'lost' | 'ignored-self' | 'unmatched' | 'filtered' | 'filter-failed' | 'retrying' | 'exhausted';
export type LogEntry = { at: number; installId?: string; invocationId?: string } & (
  | { kind: 'console'; level: string; line: string }
  | { kind: 'invocation'; functionKey: string; outcome: 'returned' | 'threw' | 'timed-out'; ms: number; error?: string }
  | { kind: 'platform'; target: string; method: string; path: string; status: number }
  /** A mistake that has later or indirect effects on the real platform: no test may have one that it did not provoke. */
  | { kind: 'violation'; what: string; detail: string }
  | { kind: 'event'; eventType: string; outcome: EventOutcome }
);

export class EmulatorLog {
  readonly entries: LogEntry[] = [];
  /** Off: only violations are kept, and no captures, so that a day of 30,000 invocations does not grow without end. */
  recording = true;

  add(entry: LogEntry): void {
    if (this.recording || entry.kind === 'violation') this.entries.push(entry);
  }
}
