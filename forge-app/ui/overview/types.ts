// The answer of `overview.view` (crates/forge/src/overview).
export type Overview = {
  now: number;
  /** When the counts were made. */
  at: number;
  complete: boolean;
  projects: string[];
  issues: number;
  tickets: number;
  /** Issues whose tickets are open, pending, closed, not known yet. */
  buckets: [number, number, number, number];
  /** Issues by the age of their oldest ticket that is not closed: less than a day, a week, 30 and 90 days, more. */
  ages: [number, number, number, number, number];
  top: { key: string; waitingCustomers: number }[];
  drift?: { at: number; report: { checked: number; differed: number; repaired: number } };
  oldestWaiting?: number;
  sidecar: { connected: boolean; lastContact?: number };
};
