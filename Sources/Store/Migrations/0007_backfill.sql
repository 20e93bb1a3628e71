-- What the crawl of the past needs: what is known complete, what is to be done, files, topics, who reaches which group.

DO $$
BEGIN
    IF to_regrole('aaltohub_backfill') IS NULL THEN
        BEGIN
            CREATE ROLE aaltohub_backfill NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was quicker
        END;
    END IF;
END $$;

ALTER TABLE public.groups ADD COLUMN IF NOT EXISTS is_forum boolean NOT NULL DEFAULT false;
-- What reply_to_message_id does not say: a quote, another chat, a story.
ALTER TABLE public.messages ADD COLUMN IF NOT EXISTS reply jsonb;

-- The same key with the group first: a crawl writes and reads stretches of one group, which then lie beside each other.
DO $$
DECLARE old text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = 'public.messages'::regclass AND c.contype = 'u' AND c.conkey = ARRAY[
        (SELECT attnum FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'group_id'),
        (SELECT attnum FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'telegram_message_id')])
    THEN
        ALTER TABLE public.messages ADD CONSTRAINT messages_group_message_key UNIQUE (group_id, telegram_message_id);
    END IF;
    FOR old IN
        SELECT c.conname FROM pg_constraint c WHERE c.conrelid = 'public.messages'::regclass AND c.contype = 'u' AND c.conkey = ARRAY[
            (SELECT attnum FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'telegram_message_id'),
            (SELECT attnum FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'group_id')]
    LOOP
        EXECUTE format('ALTER TABLE public.messages DROP CONSTRAINT %I', old);
    END LOOP;
END $$;
-- Rows that must be read again, and rows that show one file.
CREATE INDEX IF NOT EXISTS messages_suspect ON public.messages (group_id, telegram_message_id) WHERE suspect;
CREATE INDEX IF NOT EXISTS messages_media ON public.messages (media_id) WHERE media_id IS NOT NULL;

-- Ids of a group that are known complete: [low, high], empty where high = low - 1. The writer joins what touches.
CREATE TABLE aaltohub.coverage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id uuid NOT NULL REFERENCES public.groups (id),
    low bigint NOT NULL,
    high bigint NOT NULL CHECK (high >= low - 1),
    -- No message sent since then has an id below low; NULL unknown.
    since timestamptz,
    -- The live stream has brought what came above high, and raises it.
    is_live boolean NOT NULL,
    observed_at timestamptz NOT NULL
);
CREATE INDEX coverage_group ON aaltohub.coverage (group_id);
CREATE UNIQUE INDEX coverage_live ON aaltohub.coverage (group_id) WHERE is_live;

-- A gap says that the live stream did not bring everything: what it has brought so far stays known, what comes is not known any more.
-- A trigger, since gaps are recorded by the writer and, for groups that are turned off, by whoever turns them off.
CREATE FUNCTION aaltohub.end_live_coverage() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE aaltohub.coverage c SET is_live = false
    FROM public.groups g LEFT JOIN public.crawler_status s ON s.group_id = g.id
    WHERE c.group_id = g.id AND c.is_live
        AND CASE g.chat_type WHEN 'channel' THEN new.box = 'channel' AND new.channel_id = g.telegram_id
            ELSE new.box = 'common' AND new.account = coalesce(g.primary_account, (SELECT min(name) FROM aaltohub.accounts), new.account) END
        -- A group that was turned off says nothing of the others in its box.
        AND (new.reason <> 'disabled' OR NOT coalesce(s.is_enabled, true));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION aaltohub.end_live_coverage() FROM PUBLIC;
CREATE TRIGGER aaltohub_end_live_coverage AFTER INSERT ON aaltohub.gaps
    FOR EACH ROW EXECUTE FUNCTION aaltohub.end_live_coverage();

-- Stretches of one group's history to be read, by whom, and how far that has come.
CREATE TABLE aaltohub.crawl_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id uuid NOT NULL REFERENCES public.groups (id),
    account text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('initial', 'gap', 'manual')),
    since timestamptz NOT NULL,
    -- First and last id wanted; NULL: where since begins, and the newest.
    from_id bigint,
    until_id bigint,
    -- Where it goes on; NULL: nothing was fetched yet.
    next_id bigint,
    -- The gaps that it closes when it is done.
    gaps bigint[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    pages int NOT NULL DEFAULT 0,
    messages int NOT NULL DEFAULT 0,
    -- An estimate; 0 unknown.
    total int NOT NULL DEFAULT 0,
    -- Failures so far.
    attempts int NOT NULL DEFAULT 0,
    not_before timestamptz,
    error text,
    requested_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX crawl_jobs_group ON aaltohub.crawl_jobs (group_id, kind, id);
-- Two accounts' plans, or a plan made twice, are one job.
CREATE UNIQUE INDEX crawl_jobs_open ON aaltohub.crawl_jobs (group_id, kind) WHERE state IN ('queued', 'running') AND kind <> 'manual';
CREATE INDEX crawl_jobs_unfinished ON aaltohub.crawl_jobs (id) WHERE state IN ('queued', 'running', 'failed');

-- One row per file, however many messages show it.
CREATE TABLE aaltohub.media_files (
    -- Photos and documents have ids of their own.
    file_kind text NOT NULL CHECK (file_kind IN ('photo', 'document')),
    media_id bigint NOT NULL,
    media_type text NOT NULL,
    size bigint,
    mime_type text,
    -- The message from which it is fetched.
    group_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed', 'skipped')),
    attempts int NOT NULL DEFAULT 0,
    not_before timestamptz,
    leased_by text,
    leased_until timestamptz,
    error text,
    -- Skipped since the configuration wants no such file, and not by a person: queued again when it does.
    filtered boolean NOT NULL DEFAULT false,
    key text,
    url text,
    sha256 bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    stored_at timestamptz,
    PRIMARY KEY (file_kind, media_id)
);
CREATE INDEX media_files_waiting ON aaltohub.media_files (created_at, media_id) WHERE state IN ('queued', 'leased');

CREATE TABLE aaltohub.group_access (
    group_id uuid NOT NULL REFERENCES public.groups (id),
    account text NOT NULL,
    state text NOT NULL CHECK (state IN ('ok', 'lost', 'unknown')),
    reason text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, account)
);

CREATE TABLE aaltohub.topics (
    group_id uuid NOT NULL REFERENCES public.groups (id),
    topic_id bigint NOT NULL,
    title text,
    closed boolean,
    hidden boolean,
    deleted boolean NOT NULL DEFAULT false,
    -- When it was seen so.
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (group_id, topic_id)
);

-- backfill: what is captured and missing, its own login, what it shares with the listener; plans, leases, access. It writes no message.
GRANT USAGE ON SCHEMA public, aaltohub TO aaltohub_backfill;
GRANT SELECT ON aaltohub.migrations, aaltohub.database_identity, public.groups, public.crawler_status TO aaltohub_backfill;
GRANT SELECT (id, group_id, telegram_message_id, is_deleted, sent_at, suspect, media_id, media_type, media_url, merge_edit_date)
    ON public.messages TO aaltohub_backfill;
GRANT SELECT (name, phone_masked, api_id, dc_id, user_id, state, state_reason, key_id, session_version, created_at, updated_at)
    ON aaltohub.accounts TO aaltohub_backfill;
GRANT UPDATE (state, state_reason, updated_at) ON aaltohub.accounts TO aaltohub_backfill;
GRANT SELECT, INSERT, UPDATE ON aaltohub.authorisations TO aaltohub_backfill;
GRANT SELECT, INSERT, UPDATE ON public.entity_cache, aaltohub.usernames, aaltohub.telegram_configs TO aaltohub_backfill;
GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.flood_waits TO aaltohub_backfill;
GRANT INSERT ON aaltohub.quarantine TO aaltohub_backfill;
GRANT SELECT (id, account, digest, times, size, decoded_at) ON aaltohub.quarantine TO aaltohub_backfill;
GRANT UPDATE (times, last_at) ON aaltohub.quarantine TO aaltohub_backfill;
GRANT SELECT ON aaltohub.gaps, aaltohub.coverage, aaltohub.positions, aaltohub.topics, aaltohub.producers TO aaltohub_backfill;
GRANT SELECT, INSERT, UPDATE ON aaltohub.crawl_jobs, aaltohub.media_files, aaltohub.group_access TO aaltohub_backfill;

GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.coverage TO aaltohub_writer;
GRANT SELECT, UPDATE ON aaltohub.crawl_jobs TO aaltohub_writer;
GRANT SELECT, INSERT, UPDATE ON aaltohub.media_files, aaltohub.topics TO aaltohub_writer;
GRANT UPDATE (is_forum) ON public.groups TO aaltohub_writer;

GRANT SELECT ON aaltohub.coverage, aaltohub.crawl_jobs, aaltohub.media_files, aaltohub.group_access, aaltohub.topics
    TO aaltohub_supervisor, aaltohub_ctl;
GRANT INSERT, UPDATE ON aaltohub.crawl_jobs TO aaltohub_ctl;
GRANT UPDATE ON aaltohub.media_files TO aaltohub_ctl;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['groups', 'messages', 'crawler_status', 'failed_messages', 'entity_cache'] LOOP
        EXECUTE format(
            'ALTER POLICY aaltohub_stages ON public.%I TO aaltohub_listener, aaltohub_writer, aaltohub_backfill, aaltohub_supervisor, aaltohub_ctl', t);
    END LOOP;
END $$;

-- When each call of the last day was made, which are what the server counts. A name may be asked for more than once.
ALTER TABLE aaltohub.usernames ADD COLUMN calls timestamptz[] NOT NULL DEFAULT '{}';
UPDATE aaltohub.usernames SET calls = ARRAY[asked_at] WHERE asked_at > now() - interval '1 day';
