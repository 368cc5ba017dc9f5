-- The oldest link of an issue is asked for at each visit of each of its tickets, and an issue may have thousands.
DROP INDEX link_of_issue;
CREATE INDEX link_of_issue ON link (issue_id, created_at);
