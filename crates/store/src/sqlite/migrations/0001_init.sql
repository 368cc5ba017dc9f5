-- Times are Unix milliseconds. Ids of Zammad are its integers, ids of Jira its strings.
-- "CZmd": tells our file from any other SQLite file that a wrong path may name (open.rs).
PRAGMA application_id = 0x435A6D64;

-- Webhooks received. No column may hold a body: nothing of a ticket rests on the disk before it is needed.
CREATE TABLE doorbell (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery    TEXT NOT NULL UNIQUE,
  ticket_id   INTEGER NOT NULL,
  article_id  INTEGER,
  received_at INTEGER NOT NULL,
  state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
  ended_at    INTEGER,
  code        TEXT
) STRICT;
CREATE INDEX doorbell_waiting ON doorbell (ticket_id, seq) WHERE state = 'waiting';
CREATE INDEX doorbell_dead ON doorbell (ticket_id, seq) WHERE state = 'dead';
CREATE INDEX doorbell_done ON doorbell (ended_at) WHERE state = 'done';

-- Messages for Forge. The body is emptied when Forge has answered.
CREATE TABLE message (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  ticket_id  INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  body       TEXT NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  due_at     INTEGER NOT NULL DEFAULT 0,
  state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
  token      INTEGER,
  code       TEXT,
  result     TEXT,
  settled_at INTEGER
) STRICT;
CREATE INDEX message_waiting ON message (ticket_id, seq) WHERE state = 'waiting';
CREATE INDEX message_dead ON message (seq) WHERE state = 'dead';
CREATE INDEX message_done ON message (settled_at) WHERE state = 'done';

-- Keys of messages that must never be appended twice. Kept for ever.
CREATE TABLE once (
  key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Tickets with something waiting, one row a ticket and queue, so that finding the next one does not depend on how much
-- waits. Free (held_until null), or held by a lease or until the next attempt.
CREATE TABLE line (
  queue      TEXT NOT NULL CHECK (queue IN ('in', 'out')),
  ticket_id  INTEGER NOT NULL,
  since      INTEGER NOT NULL,
  held_until INTEGER,
  token      INTEGER,
  attempts   INTEGER NOT NULL DEFAULT 0,
  code       TEXT,
  PRIMARY KEY (queue, ticket_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX line_free ON line (queue, since) WHERE held_until IS NULL;
CREATE INDEX line_held ON line (queue, held_until) WHERE held_until IS NOT NULL;

-- By trigger, so that a whole group of webhooks stays one statement and one commit.
CREATE TRIGGER doorbell_joins_line AFTER INSERT ON doorbell BEGIN
  INSERT INTO line (queue, ticket_id, since) VALUES ('in', new.ticket_id, new.seq) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER message_joins_line AFTER INSERT ON message BEGIN
  INSERT INTO line (queue, ticket_id, since) VALUES ('out', new.ticket_id, new.seq) ON CONFLICT DO NOTHING;
END;

-- The last lease or claim token given out. Never goes back, or an old holder could pass for a new one.
CREATE TABLE token (
  last INTEGER NOT NULL
) STRICT;
INSERT INTO token (last) VALUES (0);

CREATE TABLE link (
  ticket_id     INTEGER NOT NULL,
  issue_id      TEXT NOT NULL,
  ticket_number TEXT NOT NULL,
  issue_key     TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('active', 'ended')),
  after_article INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (ticket_id, issue_id)
) STRICT;
CREATE INDEX link_of_issue ON link (issue_id);

CREATE TABLE base (
  ticket_id INTEGER NOT NULL,
  issue_id  TEXT NOT NULL,
  field     TEXT NOT NULL,
  value     TEXT NOT NULL,
  PRIMARY KEY (ticket_id, issue_id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE provenance (
  side       TEXT NOT NULL CHECK (side IN ('zammad', 'jira')),
  object     TEXT NOT NULL,
  id         TEXT NOT NULL,
  origin     TEXT NOT NULL CHECK (origin IN ('theirs', 'ours')),
  mirror     TEXT,
  ticket_id  INTEGER NOT NULL,
  carried_by TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (side, object, id)
) STRICT;
CREATE INDEX provenance_of_ticket ON provenance (ticket_id, side, object);

-- The applied-log. No status: begun, and free again from lease_until on. With a status: applied.
CREATE TABLE command (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL UNIQUE,
  lease_until INTEGER NOT NULL,
  status      TEXT,
  code        TEXT,
  applied_at  INTEGER,
  ack_pending INTEGER NOT NULL DEFAULT 0 CHECK (ack_pending IN (0, 1))
) STRICT;
CREATE INDEX command_unacknowledged ON command (applied_at, seq) WHERE ack_pending = 1;
CREATE INDEX command_applied ON command (applied_at) WHERE status IS NOT NULL;

CREATE TABLE lease (
  name       TEXT PRIMARY KEY,
  holder     TEXT NOT NULL,
  fence      INTEGER NOT NULL,
  held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, rewritten to prove that writes reach the disk. Its room is filled and emptied again in one transaction, since
-- overwriting alone needs no new page and would succeed on a full disk.
CREATE TABLE probe (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  at   INTEGER NOT NULL,
  room BLOB NOT NULL
) STRICT;
