// The settings and the names they can have (docs/schema/settings.json, crates/forge/src/choices.rs).
export type Direction = 'both' | 'toJira' | 'toZammad' | 'off';
export type Conflict = 'newest' | 'zammad' | 'jira';
export type Rule = { direction: Direction; conflict: Conflict };
export type StatePair = { zammad: { id?: number; typeId?: number }; jira: { id?: string; category?: string; resolution?: string }; direction: Direction };
export type PriorityPair = { zammad: number; jira: string };
export type Identity = { zammad: number; accountId: string };
export type Policy = 'all' | 'internal' | 'public' | 'none';
export type Treatment = 'whole' | 'notice' | 'no';

export type Settings = {
  fields: {
    title: Rule;
    state: Rule & { pairs: StatePair[]; transitionFields: Record<string, unknown>; pendingMinutes: number };
    priority: Rule & { pairs: PriorityPair[] };
    owner: Rule;
    customer: Rule;
    tags: Rule & { prefix: string };
  } & Record<string, unknown>;
  comments: { toJira: Policy; history: Policy; toZammad: boolean; kinds: Record<string, Treatment>; deletions: string; ticketDeleted: string; onlyTagged?: string };
  attachments: { direction: Direction; inlineFromBytes: number; maxBytes: number };
  people: Identity[];
  scope: { projects: string[]; groups: number[] };
  serviceProjects: { publicComments: string[] };
} & Record<string, unknown>;

export type Named<Id> = { id: Id; name?: string };
export type Project = { id: string; key: string; name: string; service: boolean };
export type Status = { id: string; name: string; category: string; projectId?: string };

export type Choices = {
  helpdesk: {
    at: number;
    names: {
      states: (Named<number> & { typeId: number; active: boolean })[];
      priorities: (Named<number> & { active: boolean })[];
      groups: (Named<number> & { active: boolean })[];
      agents?: (Named<number> & { email?: string })[];
    };
  } | null;
  jira: { projects: Project[]; statuses: Status[]; priorities: Named<string>[]; resolutions: Named<string>[] };
};

/** The props of every section of the editor: the draft, a way to change it, and the names. */
export type Section = { draft: Settings; change: (next: Settings) => void; choices: Choices };
