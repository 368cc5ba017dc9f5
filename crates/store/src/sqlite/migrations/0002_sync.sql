-- What the sync engine remembers. Only adds: every row of 0001 is still there and means the same.

-- A link may be paused: its ticket or issue is out of scope, nothing is sent, nothing is forgotten. SQLite cannot change
-- a CHECK, so the table is made anew; rowid is copied because it breaks ties of created_at.
CREATE TABLE link_anew (
  ticket_id     INTEGER NOT NULL,
  issue_id      TEXT NOT NULL,
  ticket_number TEXT NOT NULL,
  issue_key     TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
  after_article INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (ticket_id, issue_id)
) STRICT;
INSERT INTO link_anew (rowid, ticket_id, issue_id, ticket_number, issue_key, state, after_article, created_at)
  SELECT rowid, ticket_id, issue_id, ticket_number, issue_key, state, after_article, created_at FROM link;
DROP TABLE link;
ALTER TABLE link_anew RENAME TO link;
CREATE INDEX link_of_issue ON link (issue_id);

-- The object as we last carried it, as a fingerprint: tells whether it has changed since.
ALTER TABLE provenance ADD COLUMN print TEXT;

-- Doorbells of our own (delivery 'own:…') may ask for a later reading. A deferred line waits for that alone, so whoever
-- rings sooner frees it; a line that is leased or put back is not deferred and waits for its own time.
ALTER TABLE doorbell ADD COLUMN not_before INTEGER;
ALTER TABLE line ADD COLUMN deferred INTEGER NOT NULL DEFAULT 0 CHECK (deferred IN (0, 1));
DROP TRIGGER doorbell_joins_line;
CREATE TRIGGER doorbell_joins_line AFTER INSERT ON doorbell BEGIN
  INSERT INTO line (queue, ticket_id, since, held_until, deferred)
    VALUES ('in', new.ticket_id, new.seq, new.not_before, new.not_before IS NOT NULL)
    ON CONFLICT DO UPDATE SET held_until = new.not_before, deferred = new.not_before IS NOT NULL
    WHERE deferred = 1 AND (new.not_before IS NULL OR new.not_before < held_until);
END;

-- Why a field of a link is not in sync: one row a field, for as long as it is so.
CREATE TABLE trouble (
  ticket_id INTEGER NOT NULL,
  issue_id  TEXT NOT NULL,
  field     TEXT NOT NULL,
  code      TEXT NOT NULL,
  detail    TEXT,
  since     INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (ticket_id, issue_id, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX trouble_since ON trouble (since);

-- What we wrote on either side. `kept` and `lost` are set on a conflict only. `found_by`, here and at messages, is the key
-- of our own doorbell if that one rang before anybody else told of it.
ALTER TABLE message ADD COLUMN found_by TEXT;
CREATE TABLE change (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  ticket_id  INTEGER NOT NULL,
  issue_id   TEXT NOT NULL,
  field      TEXT NOT NULL,
  side       TEXT NOT NULL CHECK (side IN ('zammad', 'jira')),
  actor      TEXT,
  message_id TEXT NOT NULL,
  at         INTEGER NOT NULL,
  conflict   INTEGER NOT NULL CHECK (conflict IN (0, 1)),
  kept       TEXT,
  lost       TEXT,
  found_by   TEXT
) STRICT;
CREATE INDEX change_of_ticket ON change (ticket_id, seq);
CREATE INDEX change_at ON change (at);

-- The admin's settings as Forge last gave them; one row.
CREATE TABLE settings (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  etag TEXT NOT NULL,
  json TEXT NOT NULL
) STRICT;

-- How far something has got, by name.
CREATE TABLE watermark (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may be whom, until somebody confirms it.
CREATE TABLE suggestion (
  zammad_user INTEGER NOT NULL,
  account_id  TEXT NOT NULL,
  how         TEXT NOT NULL CHECK (how IN ('email', 'name')),
  at          INTEGER NOT NULL,
  PRIMARY KEY (zammad_user, account_id)
) STRICT, WITHOUT ROWID;
