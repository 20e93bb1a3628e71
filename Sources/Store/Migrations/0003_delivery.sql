-- What delivery needs beside the messages. The schema itself, with no right for the public, is made before the first migration.

CREATE TABLE aaltohub.database_identity (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    -- Renewed when a backup is restored, so that no spool takes the old database for the new one.
    epoch bigint NOT NULL,
    -- Stands for the system identifier where the server does not tell it.
    fallback_identifier bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO aaltohub.database_identity (epoch, fallback_identifier)
VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint, (random() * 9007199254740991)::bigint);

CREATE TABLE aaltohub.accounts (
    name text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
    phone_masked text,
    api_id int,
    dc_id int,
    user_id bigint,
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'code_sent', 'password_needed', 'active', 'revoked')),
    -- AES-256-GCM under the master key; the associated data are name and version.
    sealed_session bytea,
    sealed_login bytea,
    key_id text,
    session_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One row per producer of events; it is locked by every transaction that judges its records.
CREATE TABLE aaltohub.producers (
    role text NOT NULL CHECK (role IN ('listener', 'backfill')),
    account text NOT NULL,
    incarnation bigint NOT NULL,
    epoch bigint NOT NULL,
    build text,
    hello_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role, account)
);

CREATE TABLE aaltohub.streams (
    id bytea PRIMARY KEY CHECK (octet_length(id) = 16),
    role text NOT NULL,
    account text NOT NULL,
    -- Place in the last HELLO's list; NULL when it was not listed any more.
    place int,
    -- Number of the last committed record.
    committed bigint NOT NULL,
    -- Number of the stream's last record; NULL while the producer still writes it.
    last bigint,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (role, account) REFERENCES aaltohub.producers (role, account)
);
CREATE INDEX streams_producer ON aaltohub.streams (role, account);

CREATE TABLE aaltohub.positions (
    account text NOT NULL,
    box text NOT NULL CHECK (box IN ('common', 'qts', 'channel')),
    -- The channel's bare id; 0 for the boxes that an account has once.
    channel_id bigint NOT NULL,
    generation bigint NOT NULL,
    value bigint NOT NULL,
    date int NOT NULL DEFAULT 0,
    seq int NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, box, channel_id)
);

-- A stretch of a box that nobody received: (from, to]. Closed by the crawl that filled it.
CREATE TABLE aaltohub.gaps (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    box text NOT NULL,
    channel_id bigint NOT NULL,
    generation bigint NOT NULL,
    -- NULL: everything before to_value.
    from_value bigint,
    to_value bigint NOT NULL,
    reason text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE INDEX gaps_open ON aaltohub.gaps (account, box, channel_id) WHERE closed_at IS NULL;

-- Deletions of messages that were not stored when they came. group_id is NULL for the common box, whose deletions name no chat.
CREATE TABLE aaltohub.tombstones (
    group_id uuid,
    account text,
    telegram_message_id bigint NOT NULL,
    deleted_at timestamptz NOT NULL,
    presumed boolean NOT NULL,
    CHECK ((group_id IS NULL) <> (account IS NULL))
);
CREATE UNIQUE INDEX tombstones_group ON aaltohub.tombstones (group_id, telegram_message_id) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX tombstones_account ON aaltohub.tombstones (account, telegram_message_id) WHERE account IS NOT NULL;

-- Changes of rows in the order of their commits (there is one writer), for the broadcast and the change feed.
CREATE TABLE aaltohub.outbox (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL CHECK (event IN ('insert', 'update')),
    message_id uuid NOT NULL,
    group_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE aaltohub.flood_waits (
    account text NOT NULL,
    method text NOT NULL,
    seconds int NOT NULL,
    until timestamptz NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, method)
);

-- A group that is turned off misses messages. What it missed becomes a gap when it is turned on again, whoever turns it
-- (the tool, the admin API, a frontend of the predecessor): so a trigger, with the rights of the schema's owner.
CREATE FUNCTION aaltohub.record_disabled_stretch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT coalesce(new.is_enabled, true) THEN
        -- Open-ended until then: to_value equals from_value.
        INSERT INTO aaltohub.gaps (account, box, channel_id, generation, from_value, to_value, reason)
        SELECT p.account, p.box, p.channel_id, p.generation, p.value, p.value, 'disabled'
        FROM public.groups g JOIN aaltohub.positions p
            ON CASE g.chat_type WHEN 'channel' THEN p.box = 'channel' AND p.channel_id = g.telegram_id
                ELSE p.box = 'common' AND p.account = g.primary_account END
        WHERE g.id = new.group_id;
    ELSE
        UPDATE aaltohub.gaps x SET generation = p.generation, to_value = p.value,
            from_value = CASE WHEN p.generation = x.generation THEN x.from_value END,
            found_at = now(), closed_at = CASE WHEN (p.generation, p.value) = (x.generation, x.to_value) THEN now() END
        FROM public.groups g, aaltohub.positions p
        WHERE g.id = new.group_id AND x.reason = 'disabled' AND x.closed_at IS NULL AND x.from_value = x.to_value
            AND (x.account, x.box, x.channel_id) = (p.account, p.box, p.channel_id)
            AND CASE g.chat_type WHEN 'channel' THEN p.box = 'channel' AND p.channel_id = g.telegram_id
                ELSE p.box = 'common' AND p.account = g.primary_account END;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION aaltohub.record_disabled_stretch() FROM PUBLIC;
CREATE TRIGGER aaltohub_record_disabled_stretch AFTER UPDATE OF is_enabled ON public.crawler_status
    FOR EACH ROW WHEN (coalesce(old.is_enabled, true) <> coalesce(new.is_enabled, true))
    EXECUTE FUNCTION aaltohub.record_disabled_stretch();
