// The answers of the resolvers `connection.*` (crates/forge/src/connection.rs).
export type Status = {
  installId: string;
  webTriggerUrl: string;
  state: 'new' | 'waiting' | 'connected' | 'ending' | 'ended';
  liveKeys: string[];
  nextSeenAt: number | null;
  appVersion: string;
  minSidecar: string;
  sidecar: Sidecar | null;
  status?: SidecarStatus;
  ageMs?: number;
  ending?: { requestedAt: number; endedAt: number | null };
};

export type Sidecar = {
  version: string;
  instance: string;
  startedAt: string;
  hello: { privacyMode: boolean; zammadVersion?: string; zammadUrl?: string };
};

export type SidecarStatus = {
  problems: string[];
  warnings: string[];
  skewSeconds: number;
  waitingTickets: number;
  waitingMessages: number;
  failedMessages: number;
  oldestMs: number;
};

export type Made = { secret: string; texts: { env: string; docker?: string; compose?: string } };
