-- Who may use the supervisor's pages and API, and what they did there.

-- A signed token says who somebody is; this says what they may.
CREATE TABLE aaltohub.admins (
    -- The token's subject: a Supabase user's id, or the name under which a token was minted. role:NAME stands for every token with that role
    -- of Supabase's (authenticated, anon, service_role) whose subject has no row of its own.
    subject text PRIMARY KEY CHECK (char_length(subject) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('admin', 'reader')),
    note text CHECK (char_length(note) <= 500),
    added_by text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- The holder of the credential admin_token.
    CHECK (subject <> 'token'),
    CHECK (role = 'reader' OR NOT starts_with(subject, 'role:'))
);

-- Nothing is ever changed or deleted in it.
CREATE TABLE aaltohub.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    -- How they proved who they are: admin_token, token, session; ctl is the operator's tool.
    means text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    -- done, refused (somebody who may not, or what cannot be done as things are), failed (something was away or broke).
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    reason text
);
CREATE INDEX audit_log_at ON aaltohub.audit_log (at);

GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.admins TO aaltohub_supervisor, aaltohub_ctl;
GRANT SELECT, INSERT ON aaltohub.audit_log TO aaltohub_supervisor, aaltohub_ctl;
-- A crawl that is ordered while its backfill does not run waits in the table.
GRANT INSERT, UPDATE ON aaltohub.crawl_jobs TO aaltohub_supervisor;
