-- What the processes of one account know together, and what could not be read.

-- Why the state is what it is: the error's name.
ALTER TABLE aaltohub.accounts ADD COLUMN state_reason text;
ALTER TABLE aaltohub.accounts DROP CONSTRAINT accounts_state_check;
ALTER TABLE aaltohub.accounts ADD CONSTRAINT accounts_state_check CHECK (
    state IN ('new', 'code_sent', 'password_needed', 'active', 'revoked', 'frozen', 'banned', 'duplicated'));

-- Further logins of an account beside its listener's: one key is used by one process alone.
CREATE TABLE aaltohub.authorisations (
    account text NOT NULL REFERENCES aaltohub.accounts (name) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('backfill')),
    dc_id int,
    user_id bigint,
    -- As in accounts; the owner in the associated data is account/purpose.
    sealed_session bytea,
    key_id text,
    session_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, purpose)
);

-- A wait may concern one chat only; the empty text is the whole method.
ALTER TABLE aaltohub.flood_waits ADD COLUMN peer text NOT NULL DEFAULT '';
ALTER TABLE aaltohub.flood_waits DROP CONSTRAINT flood_waits_pkey;
ALTER TABLE aaltohub.flood_waits ADD PRIMARY KEY (account, method, peer);

-- Set when the server refused the access hash; it stands until a new one comes, and is not used meanwhile.
ALTER TABLE public.entity_cache ADD COLUMN IF NOT EXISTS refused_at timestamptz;

-- User names, resolved once for ever: the call that does it is the scarcest of all.
CREATE TABLE aaltohub.usernames (
    authorisation text NOT NULL,
    name text NOT NULL CHECK (name = lower(name)),
    -- All NULL while nobody answers to the name.
    entity_type text CHECK (entity_type IN ('user', 'channel', 'group')),
    telegram_id bigint,
    title text,
    -- When the server was asked last, and when it answered.
    asked_at timestamptz,
    resolved_at timestamptz,
    -- One process asks at a time; its right ends by itself, since it may have been killed.
    claimed_by text,
    claimed_until timestamptz,
    PRIMARY KEY (authorisation, name)
);
CREATE INDEX usernames_name ON aaltohub.usernames (name) WHERE telegram_id IS NOT NULL;

-- Bytes that this build could not read, for a later one. Sealed, since they may hold what somebody wrote.
CREATE TABLE aaltohub.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL,
    received_at timestamptz NOT NULL,
    -- push, or the method whose answer it is.
    context text NOT NULL,
    layer int NOT NULL,
    reason text NOT NULL,
    -- A keyed hash: the same bytes are stored once and counted.
    digest bytea NOT NULL,
    times bigint NOT NULL DEFAULT 1,
    last_at timestamptz NOT NULL DEFAULT now(),
    size int NOT NULL,
    bytes bytea NOT NULL CHECK (octet_length(bytes) <= 1100000),
    key_id text NOT NULL,
    decoded_at timestamptz,
    UNIQUE (account, digest)
);

-- What the server told of itself: addresses of the data centres and limits (help.getConfig).
CREATE TABLE aaltohub.telegram_configs (
    account text PRIMARY KEY,
    config jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

GRANT UPDATE (state_reason) ON aaltohub.accounts TO aaltohub_listener;
GRANT SELECT, INSERT, UPDATE ON aaltohub.usernames, aaltohub.telegram_configs TO aaltohub_listener;
-- It stores what it cannot read and counts repetitions; it never reads it back.
GRANT INSERT ON aaltohub.quarantine TO aaltohub_listener;
GRANT SELECT (id, account, digest, times, size, decoded_at) ON aaltohub.quarantine TO aaltohub_listener;
GRANT UPDATE (times, last_at) ON aaltohub.quarantine TO aaltohub_listener;

GRANT SELECT (state_reason) ON aaltohub.accounts TO aaltohub_supervisor;
GRANT SELECT (account, purpose, dc_id, user_id, key_id, session_version, created_at, updated_at) ON aaltohub.authorisations TO aaltohub_supervisor;
GRANT SELECT (refused_at) ON public.entity_cache TO aaltohub_supervisor;
GRANT SELECT ON aaltohub.usernames, aaltohub.telegram_configs TO aaltohub_supervisor;
GRANT SELECT (id, account, received_at, context, layer, reason, times, last_at, size, decoded_at) ON aaltohub.quarantine TO aaltohub_supervisor;

GRANT SELECT, INSERT, UPDATE ON aaltohub.usernames, aaltohub.telegram_configs, aaltohub.quarantine TO aaltohub_ctl;
GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.authorisations TO aaltohub_ctl;
