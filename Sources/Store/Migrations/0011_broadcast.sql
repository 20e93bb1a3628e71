-- What the change feed and the broadcast need beside the outbox.

-- When the row was written, as near to the COMMIT as it can tell.
ALTER TABLE aaltohub.outbox ALTER COLUMN created_at SET DEFAULT clock_timestamp();
-- A crawl or its files brought it: the writer names the producer's role in the setting for the length of such a transaction.
ALTER TABLE aaltohub.outbox ADD COLUMN crawled boolean NOT NULL DEFAULT false;
ALTER TABLE aaltohub.outbox ALTER COLUMN crawled SET DEFAULT coalesce(current_setting('aaltohub.producer', true), '') = 'backfill';

-- Changes up to this one are forgotten: who has seen less of them has a hole.
CREATE TABLE aaltohub.outbox_horizon (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    pruned bigint NOT NULL
);
INSERT INTO aaltohub.outbox_horizon (pruned) SELECT coalesce(
    (SELECT min(change_id) - 1 FROM aaltohub.outbox),
    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM aaltohub.outbox_change_id_seq));

-- How far each sink of the broadcast has come.
CREATE TABLE aaltohub.broadcast_sinks (
    name text PRIMARY KEY,
    -- Live changes, and those of the past, up to these are sent or skipped. The two go at their own pace.
    live_id bigint NOT NULL,
    history_id bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON aaltohub.outbox_horizon TO aaltohub_writer, aaltohub_supervisor, aaltohub_ctl;
GRANT UPDATE (pruned) ON aaltohub.outbox_horizon TO aaltohub_writer;
GRANT SELECT ON aaltohub.broadcast_sinks TO aaltohub_ctl;
GRANT SELECT, INSERT, UPDATE ON aaltohub.broadcast_sinks TO aaltohub_supervisor;
