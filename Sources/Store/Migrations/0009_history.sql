-- What messages said before they were edited, and what the tool needs to look after dead letters.

-- A message of which one version is known has no row here; one of which more are known has a row for each, the current one too.
-- Nothing is ever deleted from it.
CREATE TABLE aaltohub.message_versions (
    group_id uuid NOT NULL REFERENCES public.groups (id),
    telegram_message_id bigint NOT NULL,
    -- Unix seconds, 0 if never edited: messages.merge_edit_date.
    edit_date bigint NOT NULL,
    -- The half of messages.content_hash that is over text, entities and media; empty for what the predecessor had stored.
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) IN (0, 8)),
    -- The edit is not shown to people; a reaction's, as a rule.
    hidden boolean NOT NULL,
    text text,
    entities jsonb,
    media_type text,
    media_kind text,
    media_id bigint,
    -- The largest key among its copies orders the versions of one second. position: pts of a live update, -1 for a fetched copy.
    settled boolean NOT NULL,
    generation bigint NOT NULL,
    position bigint NOT NULL,
    -- When a stage had the copy that was stored first.
    received_at timestamptz,
    PRIMARY KEY (group_id, telegram_message_id, edit_date, content_hash)
);
GRANT SELECT, INSERT, UPDATE ON aaltohub.message_versions TO aaltohub_writer;
GRANT SELECT ON aaltohub.message_versions TO aaltohub_supervisor, aaltohub_ctl;

-- When a listener had what could not be stored: a retry stores it as received then.
ALTER TABLE public.failed_messages ADD COLUMN IF NOT EXISTS received_at timestamptz;
CREATE INDEX IF NOT EXISTS failed_messages_waiting ON public.failed_messages (created_at, id) WHERE resolved IS NOT TRUE;
-- An operator may drop dead letters.
GRANT DELETE ON public.failed_messages TO aaltohub_ctl;
