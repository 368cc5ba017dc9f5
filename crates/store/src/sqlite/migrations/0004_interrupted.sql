-- How many times in a row the process ended while it worked on a ticket: a ticket may be the cause.
ALTER TABLE line ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0;
