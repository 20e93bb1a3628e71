-- The predecessor's tables in schema public, made where they are absent and taken over where they stand. Frontends read them,
-- so names and types stay as they are.
CREATE TABLE IF NOT EXISTS public.groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    telegram_id bigint UNIQUE NOT NULL,
    title text
);
CREATE TABLE IF NOT EXISTS public.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    telegram_message_id bigint NOT NULL,
    group_id uuid NOT NULL REFERENCES public.groups (id),
    sender_id bigint,
    sender_name text,
    text text,
    media_type text,
    media_url text,
    reply_to_message_id bigint,
    topic_id bigint,
    is_deleted boolean NOT NULL DEFAULT false,
    sent_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (telegram_message_id, group_id)
);
CREATE INDEX IF NOT EXISTS messages_group_sent ON public.messages (group_id, sent_at DESC);
CREATE TABLE IF NOT EXISTS public.crawler_status (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    group_id uuid UNIQUE REFERENCES public.groups (id),
    status text,
    is_enabled boolean DEFAULT true,
    error_count int DEFAULT 0,
    last_error text,
    initial_crawl_progress int DEFAULT 0,
    initial_crawl_total int DEFAULT 0,
    last_message_at timestamptz,
    updated_at timestamptz DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.failed_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    telegram_message_id bigint,
    group_id uuid,
    payload jsonb,
    error_message text,
    retry_count int DEFAULT 0,
    resolved boolean DEFAULT false,
    created_at timestamptz DEFAULT now(),
    resolved_at timestamptz
);
CREATE TABLE IF NOT EXISTS public.entity_cache (
    telegram_id bigint PRIMARY KEY,
    access_hash bigint,
    entity_type text,
    cached_at timestamptz DEFAULT now()
);

-- A table of the same name that is something else must not be written to.
DO $$
DECLARE wrong text;
BEGIN
    SELECT string_agg(format('public.%s.%s is %s, expected %s', e.t, e.c, coalesce(format_type(a.atttypid, a.atttypmod), 'absent'), e.expected), '; ')
    INTO wrong
    FROM (VALUES
        ('groups', 'id', 'uuid'), ('groups', 'telegram_id', 'bigint'), ('groups', 'title', 'text'),
        ('messages', 'id', 'uuid'), ('messages', 'telegram_message_id', 'bigint'), ('messages', 'group_id', 'uuid'),
        ('messages', 'sender_id', 'bigint'), ('messages', 'sender_name', 'text'), ('messages', 'text', 'text'),
        ('messages', 'media_type', 'text'), ('messages', 'media_url', 'text'), ('messages', 'reply_to_message_id', 'bigint'),
        ('messages', 'topic_id', 'bigint'), ('messages', 'is_deleted', 'boolean'),
        ('messages', 'sent_at', 'timestamp with time zone'), ('messages', 'created_at', 'timestamp with time zone'),
        ('crawler_status', 'group_id', 'uuid'), ('crawler_status', 'status', 'text'), ('crawler_status', 'is_enabled', 'boolean'),
        ('crawler_status', 'error_count', 'integer'), ('crawler_status', 'last_error', 'text'),
        ('crawler_status', 'initial_crawl_progress', 'integer'), ('crawler_status', 'initial_crawl_total', 'integer'),
        ('crawler_status', 'last_message_at', 'timestamp with time zone'), ('crawler_status', 'updated_at', 'timestamp with time zone'),
        ('failed_messages', 'telegram_message_id', 'bigint'), ('failed_messages', 'group_id', 'uuid'),
        ('failed_messages', 'payload', 'jsonb'), ('failed_messages', 'error_message', 'text'),
        ('failed_messages', 'retry_count', 'integer'), ('failed_messages', 'resolved', 'boolean'),
        ('entity_cache', 'telegram_id', 'bigint'), ('entity_cache', 'access_hash', 'bigint'), ('entity_cache', 'entity_type', 'text')
    ) AS e (t, c, expected)
    LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('public.' || e.t) AND a.attname = e.c AND NOT a.attisdropped
    WHERE a.attname IS NULL OR format_type(a.atttypid, a.atttypmod) <> e.expected;
    IF wrong IS NOT NULL THEN RAISE EXCEPTION 'the tables in schema public are not the predecessor''s: %', wrong; END IF;
END $$;
