CREATE TYPE river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);
CREATE FUNCTION river_job_state_in_bitmask(bitmask bit, state river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;
CREATE TABLE river_job (
    id bigint NOT NULL,
    state river_job_state DEFAULT 'available'::river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::river_job_state, 'completed'::river_job_state, 'discarded'::river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);
CREATE SEQUENCE river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE river_job_id_seq OWNED BY river_job.id;
CREATE UNLOGGED TABLE river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);
CREATE TABLE river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);
CREATE TABLE river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);
CREATE SEQUENCE river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE river_notification_id_seq OWNED BY river_notification.id;
CREATE TABLE river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE unified_cancel_job (
    id bigint NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    thing text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    due_at bigint NOT NULL,
    working bigint DEFAULT 0 NOT NULL,
    claimed_at bigint DEFAULT 0 NOT NULL,
    settled_at bigint DEFAULT 0 NOT NULL,
    stripped bigint DEFAULT 0 NOT NULL,
    body text NOT NULL
);
ALTER TABLE unified_cancel_job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME unified_cancel_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE unified_cancel_migration (
    version bigint NOT NULL
);
CREATE TABLE unified_cancel_pause (
    provider text NOT NULL,
    until bigint NOT NULL,
    failures bigint NOT NULL,
    who text NOT NULL,
    why text NOT NULL
);
CREATE TABLE unified_cancel_rate (
    provider text NOT NULL,
    full_at bigint NOT NULL
);
ALTER TABLE ONLY river_job ALTER COLUMN id SET DEFAULT nextval('river_job_id_seq'::regclass);
ALTER TABLE ONLY river_notification ALTER COLUMN id SET DEFAULT nextval('river_notification_id_seq'::regclass);
INSERT INTO river_job VALUES (5, 'running', 1, 32767, '2026-11-25 17:57:49.403804+00', '2026-11-25 17:57:49.274086+00', NULL, '2026-11-25 17:57:49.274086+00', 1, '{"provider": "deaf"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-deaf', '{}', NULL, NULL);
INSERT INTO river_job VALUES (13, 'scheduled', 0, 32767, NULL, '2026-11-25 17:57:49.472366+00', NULL, '2026-11-25 17:58:50+00', 1, '{"at": 1795629530, "provider": "v"}', NULL, NULL, 'unified_cancel', '{}', 'cancel-v', '{}', '\x5b6481f2ef998e5f74b7bfc2433468fe3889526cd06175e17ac1f10c6ba7363a', B'11110001');
INSERT INTO river_job VALUES (14, 'scheduled', 0, 32767, NULL, '2026-11-25 17:57:49.478976+00', NULL, '2026-11-25 17:58:54+00', 1, '{"at": 1795629534, "provider": "locked"}', NULL, NULL, 'unified_cancel', '{}', 'cancel-locked', '{}', '\x31248306310a56060054859a57e657051eed2005a758f7e8d8462e94ba840c8e', B'11110001');
INSERT INTO river_job VALUES (11, 'running', 1, 32767, '2026-11-25 17:57:49.487741+00', '2026-11-25 17:57:49.282818+00', NULL, '2026-11-25 17:57:49.282818+00', 1, '{"provider": "busy"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (1, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.247808+00', '2026-11-25 17:57:49.388078+00', '2026-11-25 17:57:49.247808+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (2, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.253856+00', '2026-11-25 17:57:49.388088+00', '2026-11-25 17:57:49.253856+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (3, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.256509+00', '2026-11-25 17:57:49.388107+00', '2026-11-25 17:57:49.256509+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (6, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.276896+00', '2026-11-25 17:57:49.388046+00', '2026-11-25 17:57:49.276896+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (7, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.27833+00', '2026-11-25 17:57:49.388064+00', '2026-11-25 17:57:49.27833+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (8, 'completed', 1, 32767, '2026-11-25 17:57:49.375413+00', '2026-11-25 17:57:49.279221+00', '2026-11-25 17:57:49.473576+00', '2026-11-25 17:57:49.279221+00', 1, '{"provider": "v"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (9, 'completed', 1, 32767, '2026-11-25 17:57:49.41283+00', '2026-11-25 17:57:49.280647+00', '2026-11-25 17:57:49.483993+00', '2026-11-25 17:57:49.280647+00', 1, '{"provider": "locked"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-locked', '{}', NULL, NULL);
INSERT INTO river_job VALUES (4, 'completed', 1, 32767, '2026-11-25 17:57:49.450179+00', '2026-11-25 17:57:49.260388+00', '2026-11-25 17:57:49.477581+00', '2026-11-25 17:57:49.260388+00', 1, '{"provider": "brief"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-brief', '{}', NULL, NULL);
INSERT INTO river_job VALUES (12, 'available', 0, 32767, '2026-11-25 17:57:49.463515+00', '2026-11-25 17:57:49.445246+00', NULL, '2026-11-25 17:57:51.226511+00', 1, '{"helper": true, "provider": "v"}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', '\x58440c4988f16aa8ecec76406323d9feb656bcacc0c95b36a9a468bb4630e00b', B'11110001');
INSERT INTO river_job VALUES (10, 'completed', 1, 32767, '2026-11-25 17:57:49.487741+00', '2026-11-25 17:57:49.281794+00', '2026-11-25 17:57:49.509214+00', '2026-11-25 17:57:49.281794+00', 1, '{"provider": "busy"}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-25 17:57:49.343518+00', '2026-11-25 17:58:04.343518+00', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-25 17:57:49.159755+00');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-25 17:57:49.172153+00');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-25 17:57:49.198206+00');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-25 17:57:49.2006+00');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-25 17:57:49.205047+00');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-25 17:57:49.21907+00');
INSERT INTO river_migration VALUES ('main', 7, '2026-11-25 17:57:49.221363+00');
INSERT INTO river_migration VALUES ('main', 8, '2026-11-25 17:57:49.228803+00');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-25 17:57:49.341302+00', '{}', NULL, '2026-11-25 17:57:49.341302+00');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-25 17:57:49.35441+00', '{}', NULL, '2026-11-25 17:57:49.35441+00');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-25 17:57:49.358254+00', '{}', NULL, '2026-11-25 17:57:49.358254+00');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-25 17:57:49.359936+00', '{}', NULL, '2026-11-25 17:57:49.359936+00');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-25 17:57:49.398256+00', '{}', NULL, '2026-11-25 17:57:49.398256+00');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (4, 'brief', 'payment', '3', 'forgotten', 1956456201781307626, 0, 0, 1795629469270, 1795629469271, 0, '{"request":{"kind":"","id":"3"},"enqueued_at":"2026-11-25T17:57:49.257728958Z","sent_at":"2026-11-25T17:57:49.262Z","pending_since":"2026-11-25T17:57:49.267278091Z","told_at":"2026-11-25T17:57:49.272249076Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-25T17:57:49.271358158Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","state":"pending"},{"request":{"kind":"","id":""},"provider":"","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (11, 'busy', 'payment', '91', 'queued', 804797411013367656, 1795629469282, 0, 0, 0, 0, '{"request":{"kind":"","id":"91"},"enqueued_at":"2026-11-25T17:57:49.282224862Z"}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (6, 'v', 'payment', '5', 'pending', 191224617981845399, 1795629769409, 0, 1795629469388, 0, 0, '{"request":{"kind":"","id":"5"},"enqueued_at":"2026-11-25T17:57:49.275982152Z","sent_at":"2026-11-25T17:57:49.388Z","pending_since":"2026-11-25T17:57:49.408393924Z","sent":1,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-25T17:57:49.408385738Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (9, 'locked', 'payment', '8', 'queued', 2846418305845635482, 1795629533162, 0, 1795629469414, 0, 0, '{"request":{"kind":"","id":"8"},"enqueued_at":"2026-11-25T17:57:49.279725708Z","sent_at":"2026-11-25T17:57:49.414Z","sent":1,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:49.440107726Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (7, 'v', 'payment', '6', 'in_doubt', 4320810184727910968, 1795629534353, 0, 1795629469431, 0, 0, '{"request":{"kind":"","id":"6"},"enqueued_at":"2026-11-25T17:57:49.277765211Z","sent_at":"2026-11-25T17:57:49.431Z","doubt_since":"2026-11-25T17:57:49.441170062Z","sent":1,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-25T17:57:49.441171324Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (3, 'v', 'payment', '2', 'unknown', 191224617981845400, 0, 0, 1795629469388, 1795629469408, 0, '{"request":{"kind":"","id":"2"},"enqueued_at":"2026-11-25T17:57:49.25536427Z","sent_at":"2026-11-25T17:57:49.388Z","told_at":"2026-11-25T17:57:49.463286159Z","sent":1,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:49.40872745Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (10, 'busy', 'payment', '90', 'sending', 1674601994002046385, 1795629820509, 1, 1795629469509, 0, 0, '{"request":{"kind":"","id":"90"},"enqueued_at":"2026-11-25T17:57:49.281068578Z"}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'done', 191224617981845400, 0, 0, 1795629469388, 1795629469408, 0, '{"request":{"kind":"","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"enqueued_at":"2026-11-25T17:57:49.238645291Z","sent_at":"2026-11-25T17:57:49.388Z","told_at":"2026-11-25T17:57:49.463289866Z","sent":1,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-25T17:57:49.408621347Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (2, 'v', 'payment', '1', 'failed', 191224617981845400, 0, 0, 1795629469388, 1795629469408, 0, '{"request":{"kind":"","id":"1"},"enqueued_at":"2026-11-25T17:57:49.252438363Z","sent_at":"2026-11-25T17:57:49.388Z","told_at":"2026-11-25T17:57:49.463292191Z","sent":1,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:49.40865936Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"},{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (5, 'deaf', 'payment', '4', 'done', 4507338370403792114, 1795629471469, 0, 1795629469432, 1795629469444, 0, '{"request":{"kind":"","id":"4"},"enqueued_at":"2026-11-25T17:57:49.273005197Z","sent_at":"2026-11-25T17:57:49.432Z","undelivered":{"error":"told, and did not listen","at":"2026-11-25T17:57:49.468923094Z","times":1},"sent":1,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-25T17:57:49.444528373Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (8, 'v', 'payment', '7', 'queued', 1850172391190014619, 1795629529887, 0, 1795629469468, 0, 0, '{"request":{"kind":"","id":"7"},"enqueued_at":"2026-11-25T17:57:49.278763353Z","sent_at":"2026-11-25T17:57:49.468Z","sent":1,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:49.469521334Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795630369468, 1, '', '');
SELECT pg_catalog.setval('river_job_id_seq', 14, true);
SELECT pg_catalog.setval('river_notification_id_seq', 1, false);
SELECT pg_catalog.setval('unified_cancel_job_id_seq', 11, true);
ALTER TABLE ONLY river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);
ALTER TABLE ONLY river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);
ALTER TABLE ONLY river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);
ALTER TABLE ONLY unified_cancel_job
    ADD CONSTRAINT unified_cancel_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unified_cancel_migration
    ADD CONSTRAINT unified_cancel_migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY unified_cancel_pause
    ADD CONSTRAINT unified_cancel_pause_pkey PRIMARY KEY (provider);
ALTER TABLE ONLY unified_cancel_rate
    ADD CONSTRAINT unified_cancel_rate_pkey PRIMARY KEY (provider);
CREATE INDEX river_job_args_index ON river_job USING gin (args);
CREATE INDEX river_job_kind ON river_job USING btree (kind);
CREATE INDEX river_job_metadata_index ON river_job USING gin (metadata);
CREATE INDEX river_job_prioritized_fetching_index ON river_job USING btree (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river_job_state_in_bitmask(unique_states, state));
CREATE INDEX river_notification_created_at_idx ON river_notification USING btree (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification USING btree (topic, id);
CREATE INDEX unified_cancel_job_due ON unified_cancel_job USING btree (provider, due_at, id, settled_at) WHERE (due_at > 0);
CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job USING btree (provider, kind, thing) WHERE (settled_at = 0);
CREATE INDEX unified_cancel_job_provider ON unified_cancel_job USING btree (provider, id);
CREATE INDEX unified_cancel_job_provider_state ON unified_cancel_job USING btree (provider, state, id);
CREATE INDEX unified_cancel_job_settled ON unified_cancel_job USING btree (stripped, settled_at, state) WHERE (settled_at > 0);
CREATE INDEX unified_cancel_job_state ON unified_cancel_job USING btree (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job USING btree (thing, id);
