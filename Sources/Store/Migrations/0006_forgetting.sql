-- The writer forgets changes that were kept long enough for the change feed.
GRANT DELETE ON aaltohub.outbox TO aaltohub_writer;

-- As in step 3, and a basic group for which no account was named belongs to the first of them, as for the listeners and the writer.
CREATE OR REPLACE FUNCTION aaltohub.record_disabled_stretch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT coalesce(new.is_enabled, true) THEN
        -- Open-ended until then: to_value equals from_value.
        INSERT INTO aaltohub.gaps (account, box, channel_id, generation, from_value, to_value, reason)
        SELECT p.account, p.box, p.channel_id, p.generation, p.value, p.value, 'disabled'
        FROM public.groups g JOIN aaltohub.positions p
            ON CASE g.chat_type WHEN 'channel' THEN p.box = 'channel' AND p.channel_id = g.telegram_id
                ELSE p.box = 'common' AND p.account = coalesce(g.primary_account, (SELECT min(name) FROM aaltohub.accounts)) END
        WHERE g.id = new.group_id;
    ELSE
        UPDATE aaltohub.gaps x SET generation = p.generation, to_value = p.value,
            from_value = CASE WHEN p.generation = x.generation THEN x.from_value END,
            found_at = now(), closed_at = CASE WHEN (p.generation, p.value) = (x.generation, x.to_value) THEN now() END
        FROM public.groups g, aaltohub.positions p
        WHERE g.id = new.group_id AND x.reason = 'disabled' AND x.closed_at IS NULL AND x.from_value = x.to_value
            AND (x.account, x.box, x.channel_id) = (p.account, p.box, p.channel_id)
            AND CASE g.chat_type WHEN 'channel' THEN p.box = 'channel' AND p.channel_id = g.telegram_id
                ELSE p.box = 'common' AND p.account = coalesce(g.primary_account, (SELECT min(name) FROM aaltohub.accounts)) END;
    END IF;
    RETURN NULL;
END $$;
