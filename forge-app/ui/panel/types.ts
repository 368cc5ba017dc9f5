// The answers of the resolvers of the panel (crates/forge/src/panel).
export type Bucket = 'open' | 'pending' | 'closed';
export type Named = { id: number; name: string | null };
/** Something that is out of sync; `subject` and `code` are keys of texts. */
export type Problem = { subject: string; code: string; since: string; nextTry?: string };
export type Ticket = {
  ticketId: number;
  number: string;
  url?: string;
  primary: boolean;
  linkedAt: number;
  waiting: number;
  refreshing: boolean;
  bucket?: Bucket;
  /** When the values below arrived. Without them only the link itself is known. */
  at?: number;
  ageMs?: number;
  state?: string | null;
  title?: string | null;
  priority?: Named;
  group?: Named;
  owner?: Named | null;
  customer?: Named | null;
  changed?: string;
  demanded?: string[];
  problems?: Problem[];
};
export type Impact = {
  tickets: number;
  known: number;
  customers: number;
  waitingCustomers: number;
  oldestOpen: string | null;
  highestPriority: Named | null;
};
export type Sidecar = { connected: boolean; lastContact?: number; privacyMode?: boolean };
export type Asked = { ticket: string; at: number; state: 'waiting' | 'sent' | 'failed' | 'unanswered'; code?: string };
export type View = {
  now: number;
  tickets: Ticket[];
  total: number;
  asked: Asked[];
  /** Missing for an issue without tickets, about which nothing was asked. */
  impact?: Impact;
  may?: { edit: boolean };
  sidecar?: Sidecar;
  waitingMore?: boolean;
  unreadableSince?: number;
};
export type Policy = 'all' | 'internal' | 'public' | 'none';
export type Direction = 'both' | 'toJira' | 'toZammad' | 'off';
export type Sharing = {
  comments: { toJira: Policy; history: Policy; toZammad: boolean };
  files: { direction: Direction; maxBytes: number };
  fields: { name: string; direction: Direction }[];
  sidecar: Sidecar;
};
