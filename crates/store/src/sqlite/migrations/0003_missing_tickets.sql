-- Tickets that Zammad says do not exist are looked for again every few minutes, among the facts of all links.
CREATE INDEX base_missing ON base (ticket_id) WHERE field = 'missing';
