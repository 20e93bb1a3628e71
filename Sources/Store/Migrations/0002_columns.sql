-- What the predecessor did not keep. Columns are only added, with constant defaults, so no table is rewritten
-- (https://www.postgresql.org/docs/15/sql-altertable.html#SQL-ALTERTABLE-NOTES); ids stay.

-- The same positive Telegram id may be a basic group ('group') and a channel or supergroup ('channel').
ALTER TABLE public.groups
    ADD COLUMN IF NOT EXISTS chat_type text NOT NULL DEFAULT 'channel',
    ADD COLUMN IF NOT EXISTS username text,
    -- The account whose copies of a basic group are stored, since message ids there belong to one account.
    ADD COLUMN IF NOT EXISTS primary_account text,
    -- Set on a basic group that became a supergroup: the supergroup's row, and the last message id before the change.
    ADD COLUMN IF NOT EXISTS migrated_to uuid REFERENCES public.groups (id),
    ADD COLUMN IF NOT EXISTS migrated_max_id bigint;
ALTER TABLE public.groups ADD CONSTRAINT groups_chat_type_check CHECK (chat_type IN ('group', 'channel'));
ALTER TABLE public.groups ADD CONSTRAINT groups_telegram_id_chat_type_key UNIQUE (telegram_id, chat_type);
DO $$
DECLARE old text;
BEGIN
    FOR old IN
        SELECT c.conname FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = 'telegram_id'
        WHERE c.conrelid = 'public.groups'::regclass AND c.contype = 'u' AND c.conkey = ARRAY[a.attnum]
    LOOP
        EXECUTE format('ALTER TABLE public.groups DROP CONSTRAINT %I', old);
    END LOOP;
END $$;

ALTER TABLE public.messages
    ADD COLUMN IF NOT EXISTS edited_at timestamptz,
    ADD COLUMN IF NOT EXISTS deleted_at timestamptz,
    ADD COLUMN IF NOT EXISTS grouped_id bigint,
    ADD COLUMN IF NOT EXISTS entities jsonb,
    ADD COLUMN IF NOT EXISTS forward jsonb,
    ADD COLUMN IF NOT EXISTS reactions jsonb,
    ADD COLUMN IF NOT EXISTS views bigint,
    ADD COLUMN IF NOT EXISTS forwards bigint,
    ADD COLUMN IF NOT EXISTS via_bot_id bigint,
    ADD COLUMN IF NOT EXISTS media_kind text,
    ADD COLUMN IF NOT EXISTS media jsonb,
    ADD COLUMN IF NOT EXISTS media_id bigint,
    ADD COLUMN IF NOT EXISTS service jsonb,
    -- The account's name for a message of a basic group; NULL where ids are the chat's own.
    ADD COLUMN IF NOT EXISTS account_id text,
    -- The key by which the newest copy wins. The defaults are below every key of ours, so a taken-over row yields to any copy.
    ADD COLUMN IF NOT EXISTS merge_edit_date bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS merge_settled boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS merge_generation bigint NOT NULL DEFAULT -1,
    ADD COLUMN IF NOT EXISTS merge_position bigint NOT NULL DEFAULT -1,
    ADD COLUMN IF NOT EXISTS content_hash bytea NOT NULL DEFAULT '\x',
    -- Keys of the registers that have no part in the content: the larger key's value stands.
    ADD COLUMN IF NOT EXISTS reactions_key bytea NOT NULL DEFAULT '\x',
    ADD COLUMN IF NOT EXISTS sender_name_key bytea NOT NULL DEFAULT '\x',
    -- The deletion was concluded from absence rather than told; NULL while not deleted.
    ADD COLUMN IF NOT EXISTS deletion_presumed boolean,
    -- Edit date of the newest copy fetched too early to be trusted; where it is the row's own and unsettled, the row is suspect
    -- and read again after the margin.
    ADD COLUMN IF NOT EXISTS unsettled_edit_date bigint NOT NULL DEFAULT -1,
    ADD COLUMN IF NOT EXISTS suspect boolean NOT NULL DEFAULT false,
    -- When a listener had the bytes that made this row.
    ADD COLUMN IF NOT EXISTS received_at timestamptz;

-- Every group has a status row, as the predecessor's defaults say: enabled.
INSERT INTO public.crawler_status (group_id, status, is_enabled)
SELECT g.id, 'active', true FROM public.groups g
WHERE NOT EXISTS (SELECT FROM public.crawler_status s WHERE s.group_id = g.id);

ALTER TABLE public.failed_messages
    ADD COLUMN IF NOT EXISTS account_id text,
    ADD COLUMN IF NOT EXISTS stream bytea,
    ADD COLUMN IF NOT EXISTS record_number bigint,
    ADD COLUMN IF NOT EXISTS sql_state text,
    -- The record's serialized payload, which a retry decodes again.
    ADD COLUMN IF NOT EXISTS payload_bytes bytea;

-- An access hash belongs to one authorisation.
UPDATE public.entity_cache SET entity_type = 'unknown' WHERE entity_type IS NULL;
ALTER TABLE public.entity_cache
    ADD COLUMN IF NOT EXISTS authorisation text NOT NULL DEFAULT 'predecessor',
    ADD COLUMN IF NOT EXISTS username text,
    ALTER COLUMN entity_type SET NOT NULL;
DO $$
DECLARE old text;
BEGIN
    SELECT conname INTO old FROM pg_constraint WHERE conrelid = 'public.entity_cache'::regclass AND contype = 'p';
    IF old IS NOT NULL THEN EXECUTE format('ALTER TABLE public.entity_cache DROP CONSTRAINT %I', old); END IF;
END $$;
ALTER TABLE public.entity_cache ADD PRIMARY KEY (authorisation, entity_type, telegram_id);
