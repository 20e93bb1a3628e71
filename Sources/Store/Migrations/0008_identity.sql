-- Where this row was written: a dump that is restored brings the row along, but not the numbers of its database and table. The writer
-- sees that when it connects, and renews the epoch: what a spool keeps then belongs to another database than this one.
ALTER TABLE aaltohub.database_identity ADD COLUMN home bigint;
UPDATE aaltohub.database_identity AS i
SET home = (SELECT d.oid::bigint << 32 FROM pg_database d WHERE d.datname = current_database()) | i.tableoid::bigint;
ALTER TABLE aaltohub.database_identity ALTER COLUMN home SET NOT NULL;
GRANT UPDATE (epoch, home) ON aaltohub.database_identity TO aaltohub_writer;
