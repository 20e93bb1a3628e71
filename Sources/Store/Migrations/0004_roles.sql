-- One role per stage with just its grants. They cannot log in until the operator says so:
--   ALTER ROLE aaltohub_writer LOGIN PASSWORD '...';   or   CREATE ROLE me LOGIN IN ROLE aaltohub_writer;
DO $$
DECLARE stage text;
BEGIN
    FOREACH stage IN ARRAY ARRAY['aaltohub_listener', 'aaltohub_writer', 'aaltohub_supervisor', 'aaltohub_ctl'] LOOP
        IF to_regrole(stage) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', stage);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was quicker
            END;
        END IF;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA public, aaltohub TO aaltohub_listener, aaltohub_writer, aaltohub_supervisor, aaltohub_ctl;
GRANT SELECT ON aaltohub.migrations, aaltohub.database_identity TO aaltohub_listener, aaltohub_writer, aaltohub_supervisor, aaltohub_ctl;

-- listener: which groups, its session, its entities, its flood waits.
GRANT SELECT ON public.groups, public.crawler_status TO aaltohub_listener;
GRANT SELECT ON aaltohub.accounts TO aaltohub_listener;
GRANT UPDATE (dc_id, user_id, state, sealed_session, key_id, session_version, updated_at) ON aaltohub.accounts TO aaltohub_listener;
GRANT SELECT, INSERT, UPDATE ON public.entity_cache TO aaltohub_listener;
GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.flood_waits TO aaltohub_listener;

-- writer: the only one that writes messages, positions, cursors, gaps, dead letters and the outbox.
GRANT SELECT, INSERT, UPDATE ON public.messages, public.failed_messages, public.crawler_status TO aaltohub_writer;
GRANT SELECT ON public.groups TO aaltohub_writer;
-- A basic group that becomes a supergroup goes on under the latter's id.
GRANT INSERT (telegram_id, chat_type, title), UPDATE (title, username, migrated_to, migrated_max_id) ON public.groups TO aaltohub_writer;
GRANT SELECT, INSERT, UPDATE ON aaltohub.producers, aaltohub.positions, aaltohub.gaps TO aaltohub_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON aaltohub.streams, aaltohub.tombstones TO aaltohub_writer;
GRANT SELECT, INSERT ON aaltohub.outbox TO aaltohub_writer;
GRANT SELECT (name, state) ON aaltohub.accounts TO aaltohub_writer;

-- supervisor: reads everything but sessions and access hashes, turns groups on and off, takes from the outbox.
GRANT SELECT ON public.groups, public.messages, public.crawler_status, public.failed_messages TO aaltohub_supervisor;
GRANT SELECT (telegram_id, entity_type, authorisation, username, cached_at) ON public.entity_cache TO aaltohub_supervisor;
GRANT INSERT, UPDATE ON public.groups, public.crawler_status TO aaltohub_supervisor;
GRANT UPDATE (resolved, resolved_at, retry_count) ON public.failed_messages TO aaltohub_supervisor;
GRANT SELECT ON aaltohub.producers, aaltohub.streams, aaltohub.positions, aaltohub.gaps, aaltohub.tombstones, aaltohub.flood_waits
    TO aaltohub_supervisor;
GRANT SELECT, DELETE ON aaltohub.outbox TO aaltohub_supervisor;
GRANT SELECT (name, phone_masked, api_id, dc_id, user_id, state, key_id, session_version, created_at, updated_at)
    ON aaltohub.accounts TO aaltohub_supervisor;

-- ctl: the operator's tool. It registers groups and accounts and reads the rest; it writes no message.
GRANT SELECT ON ALL TABLES IN SCHEMA aaltohub TO aaltohub_ctl;
GRANT SELECT ON public.groups, public.messages, public.crawler_status, public.failed_messages, public.entity_cache TO aaltohub_ctl;
GRANT INSERT, UPDATE ON public.groups, public.crawler_status, public.entity_cache, aaltohub.accounts, aaltohub.flood_waits TO aaltohub_ctl;
GRANT DELETE ON aaltohub.accounts TO aaltohub_ctl;
GRANT UPDATE ON public.failed_messages TO aaltohub_ctl;

-- Where row level security is on (Supabase), the stages pass it; their grants above still limit them. Without it these say nothing.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['groups', 'messages', 'crawler_status', 'failed_messages', 'entity_cache'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS aaltohub_stages ON public.%I', t);
        EXECUTE format(
            'CREATE POLICY aaltohub_stages ON public.%I TO aaltohub_listener, aaltohub_writer, aaltohub_supervisor, aaltohub_ctl USING (true) WITH CHECK (true)', t);
    END LOOP;
END $$;

-- Supabase gives new tables of schema public to its anonymous web API. Access hashes and dead letters are nobody's there,
-- and nobody writes messages or groups through it.
DO $$
DECLARE web text;
BEGIN
    FOREACH web IN ARRAY ARRAY['anon', 'authenticated'] LOOP
        IF to_regrole(web) IS NOT NULL THEN
            EXECUTE format('REVOKE ALL ON public.entity_cache, public.failed_messages FROM %I', web);
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.messages, public.groups FROM %I', web);
            IF web = 'anon' THEN REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.crawler_status FROM anon; END IF;
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA aaltohub FROM %I', web);
            EXECUTE format('REVOKE ALL ON SCHEMA aaltohub FROM %I', web);
        END IF;
    END LOOP;
END $$;
