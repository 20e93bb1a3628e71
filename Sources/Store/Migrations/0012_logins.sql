-- Accounts that an operator has paused, and logins that the supervisor stores without ever being able to read one.

-- Since when its stages leave Telegram alone, and at whose word; NULL: they work.
ALTER TABLE aaltohub.accounts ADD COLUMN paused_at timestamptz, ADD COLUMN paused_by text;
GRANT SELECT (paused_at, paused_by) ON aaltohub.accounts TO aaltohub_backfill, aaltohub_supervisor;
GRANT UPDATE (paused_at, paused_by) ON aaltohub.accounts TO aaltohub_supervisor;

-- Stores a sealed session in place of the older one, and with it what is known of the account. What came of it:
--   stored      done; session_version is now login_version
--   other_user  the name, or the account whose further login it is, belongs to another Telegram user: `owner`
--   version     somebody else stored one meanwhile; seal it under the version after `present`
--   unknown     no account has this name, and application, with which one may be made, is NULL
CREATE FUNCTION aaltohub.store_login(
    login_account text, login_purpose text, login_version bigint, sealed bytea, sealing_key text, login_dc int, telegram_user bigint,
    phone text, application int, new_state text, OUT outcome text, OUT owner bigint, OUT present bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF sealed IS NULL OR login_purpose NOT IN ('listener', 'backfill') THEN
        RAISE EXCEPTION 'store_login: no session, or none of an account''s purposes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF login_purpose = 'listener' AND application IS NOT NULL THEN
        INSERT INTO aaltohub.accounts (name, phone_masked, api_id) VALUES (login_account, phone, application) ON CONFLICT (name) DO NOTHING;
    END IF;
    -- Locks the account's row, so that versions are counted one after the other.
    SELECT a.user_id, a.session_version INTO owner, present FROM aaltohub.accounts a WHERE a.name = login_account FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown';
    ELSIF owner <> telegram_user THEN
        -- Positions and access hashes that stand under the name would be taken for that user's.
        outcome := 'other_user';
    ELSIF login_purpose = 'listener' THEN
        IF login_version <> present + 1 THEN
            outcome := 'version';
            RETURN;
        END IF;
        UPDATE aaltohub.accounts a SET sealed_session = sealed, sealed_login = NULL, session_version = login_version,
            key_id = sealing_key, state = new_state, state_reason = NULL, dc_id = coalesce(login_dc, a.dc_id),
            user_id = coalesce(telegram_user, a.user_id), phone_masked = coalesce(phone, a.phone_masked),
            api_id = coalesce(application, a.api_id), updated_at = now()
        WHERE a.name = login_account;
        outcome := 'stored';
    ELSE
        present := coalesce(
            (SELECT b.session_version FROM aaltohub.authorisations b WHERE (b.account, b.purpose) = (login_account, login_purpose)), 0);
        IF login_version <> present + 1 THEN
            outcome := 'version';
            RETURN;
        END IF;
        INSERT INTO aaltohub.authorisations AS b (account, purpose, dc_id, user_id, sealed_session, key_id, session_version)
        VALUES (login_account, login_purpose, login_dc, telegram_user, sealed, sealing_key, login_version)
        ON CONFLICT (account, purpose) DO UPDATE SET dc_id = excluded.dc_id, user_id = excluded.user_id,
            sealed_session = excluded.sealed_session, key_id = excluded.key_id, session_version = excluded.session_version,
            updated_at = now();
        outcome := 'stored';
    END IF;
END $$;
REVOKE ALL ON FUNCTION aaltohub.store_login(text, text, bigint, bytea, text, int, bigint, text, int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION aaltohub.store_login(text, text, bigint, bytea, text, int, bigint, text, int, text)
    TO aaltohub_ctl, aaltohub_supervisor;
