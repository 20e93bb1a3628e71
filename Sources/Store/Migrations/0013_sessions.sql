-- Pages' sessions that were ended before their time, until that comes: a supervisor that is started again refuses them, too.
CREATE TABLE aaltohub.ended_sessions (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON aaltohub.ended_sessions TO aaltohub_supervisor;
