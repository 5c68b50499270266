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
CREATE UNLOGGED TABLE river_client (
    id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT name_length CHECK (((char_length(id) > 0) AND (char_length(id) < 128)))
);
CREATE UNLOGGED TABLE river_client_queue (
    river_client_id text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    max_workers bigint DEFAULT 0 NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    num_jobs_completed bigint DEFAULT 0 NOT NULL,
    num_jobs_running bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT name_length CHECK (((char_length(name) > 0) AND (char_length(name) < 128))),
    CONSTRAINT num_jobs_completed_zero_or_positive CHECK ((num_jobs_completed >= 0)),
    CONSTRAINT num_jobs_running_zero_or_positive CHECK ((num_jobs_running >= 0))
);
CREATE TABLE river_job (
    id bigint NOT NULL,
    state river_job_state DEFAULT 'available'::river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint NOT NULL,
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
CREATE TABLE river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE unified_cancel_job (
    id bigint NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    thing text NOT NULL,
    token text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    settled_at bigint NOT NULL,
    told_at bigint NOT NULL,
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
    failures bigint NOT NULL
);
ALTER TABLE ONLY river_job ALTER COLUMN id SET DEFAULT nextval('river_job_id_seq'::regclass);
INSERT INTO river_job VALUES (11, 'available', 0, 32767, NULL, '2026-11-21 08:02:09.471361+00', NULL, '2026-11-21 08:02:09.471361+00', 1, '{"id": 11}', NULL, NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (10, 'running', 1, 32767, '2026-11-21 08:02:09.485653+00', '2026-11-21 08:02:09.470105+00', NULL, '2026-11-21 08:02:09.470105+00', 1, '{"id": 10}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (9, 'scheduled', 0, 32767, '2026-11-21 08:02:09.482825+00', '2026-11-21 08:02:09.46863+00', NULL, '2026-11-21 08:03:10.507041+00', 1, '{"id": 9}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-locked', '{}', NULL, NULL);
INSERT INTO river_job VALUES (4, 'completed', 1, 32767, '2026-11-21 08:02:09.485551+00', '2026-11-21 08:02:09.458929+00', '2026-11-21 08:02:09.491835+00', '2026-11-21 08:02:09.458929+00', 1, '{"id": 4}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-brief', '{}', NULL, NULL);
INSERT INTO river_job VALUES (5, 'available', 1, 32767, '2026-11-21 08:02:09.494899+00', '2026-11-21 08:02:09.463049+00', NULL, '2026-11-21 08:02:11.498627+00', 1, '{"id": 5}', '{worker}', '{"{\"at\": \"2026-11-21T08:02:09.496504336Z\", \"error\": \"OnSettled: told, and did not listen\", \"trace\": \"\", \"attempt\": 1}"}', 'unified_cancel', '{}', 'cancel-deaf', '{}', NULL, NULL);
INSERT INTO river_job VALUES (1, 'completed', 1, 32767, '2026-11-21 08:02:09.496595+00', '2026-11-21 08:02:09.452225+00', '2026-11-21 08:02:09.502974+00', '2026-11-21 08:02:09.452225+00', 1, '{"id": 1}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (2, 'completed', 1, 32767, '2026-11-21 08:02:09.496595+00', '2026-11-21 08:02:09.455847+00', '2026-11-21 08:02:09.502675+00', '2026-11-21 08:02:09.455847+00', 1, '{"id": 2}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (3, 'completed', 1, 32767, '2026-11-21 08:02:09.496595+00', '2026-11-21 08:02:09.457268+00', '2026-11-21 08:02:09.501579+00', '2026-11-21 08:02:09.457268+00', 1, '{"id": 3}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (6, 'scheduled', 0, 32767, '2026-11-21 08:02:09.496595+00', '2026-11-21 08:02:09.464731+00', NULL, '2026-11-21 08:07:09.502629+00', 1, '{"id": 6}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (7, 'scheduled', 0, 32767, '2026-11-21 08:02:09.501924+00', '2026-11-21 08:02:09.465972+00', NULL, '2026-11-21 08:03:14.677417+00', 1, '{"id": 7}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (8, 'scheduled', 0, 32767, '2026-11-21 08:02:09.522592+00', '2026-11-21 08:02:09.467022+00', NULL, '2026-11-21 08:03:13.485005+00', 1, '{"id": 8}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 08:02:09.477379+00', '2026-11-21 08:02:24.477379+00', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 08:02:09.408012+00');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 08:02:09.413521+00');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 08:02:09.423888+00');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 08:02:09.425174+00');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 08:02:09.429301+00');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 08:02:09.438197+00');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 08:02:09.478045+00', '{}', NULL, '2026-11-21 08:02:09.478045+00');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 08:02:09.479569+00', '{}', NULL, '2026-11-21 08:02:09.479569+00');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 08:02:09.47991+00', '{}', NULL, '2026-11-21 08:02:09.47991+00');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 08:02:09.480609+00', '{}', NULL, '2026-11-21 08:02:09.480609+00');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 08:02:09.480906+00', '{}', NULL, '2026-11-21 08:02:09.480906+00');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (11, 'busy', 'payment', '91', 'Q3VX76LYVK7RJJYP4TUZSJMGOK', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T08:02:09.47109008Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (10, 'busy', 'payment', '90', '37N5IRGBMD2U24NRY7FAC333PD', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T08:02:09.469733858Z","sent_at":"2026-11-21T08:02:09.4901309Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (9, 'locked', 'payment', '8', 'VPODGTRP6HDWU7QLXSFMMT4Q5S', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T08:02:09.468198996Z","sent_at":"2026-11-21T08:02:09.490062198Z","next_at":"2026-11-21T08:03:10.50599755Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:09.490911694Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (4, 'brief', 'payment', '3', 'L2LE65E5PFZULR73SQZTYNJKUI', 'forgotten', 5, 1795248129490, 1795248129491, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T08:02:09.458627047Z","sent_at":"2026-11-21T08:02:09.461393025Z","pending_since":"2026-11-21T08:02:09.462197559Z","settled_at":"2026-11-21T08:02:09.490346852Z","told_at":"2026-11-21T08:02:09.491397494Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T08:02:09.490335355Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (5, 'deaf', 'payment', '4', 'O7VOLEUDWY5NOBTCVXMP7ALRT2', 'done', 3, 1795248129498, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T08:02:09.46272457Z","sent_at":"2026-11-21T08:02:09.497696082Z","settled_at":"2026-11-21T08:02:09.498247464Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T08:02:09.498235486Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (3, 'v', 'payment', '2', '63YZHAFZ2KSNGXW7DVVPALOAUO', 'unknown', 4, 1795248129500, 1795248129501, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T08:02:09.45688832Z","sent_at":"2026-11-21T08:02:09.499883578Z","settled_at":"2026-11-21T08:02:09.500471785Z","told_at":"2026-11-21T08:02:09.50102503Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:09.50046823Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (2, 'v', 'payment', '1', 'SGLZWJ5WGYTG22UVKJMEFWLNHZ', 'failed', 4, 1795248129501, 1795248129501, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T08:02:09.455481678Z","sent_at":"2026-11-21T08:02:09.500831616Z","settled_at":"2026-11-21T08:02:09.501134543Z","told_at":"2026-11-21T08:02:09.50151804Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:09.501132791Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (6, 'v', 'payment', '5', 'WQPSMTW6XHL4V23PDM2Q75TUXV', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T08:02:09.464391214Z","sent_at":"2026-11-21T08:02:09.500978781Z","pending_since":"2026-11-21T08:02:09.50169563Z","next_at":"2026-11-21T08:07:09.501698734Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T08:02:09.501691864Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'WAY3D6PBWBG3JLU7L7DYD3FMWR', 'done', 4, 1795248129501, 1795248129502, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T08:02:09.449128367Z","sent_at":"2026-11-21T08:02:09.500357585Z","settled_at":"2026-11-21T08:02:09.501154798Z","told_at":"2026-11-21T08:02:09.502691705Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T08:02:09.501144142Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (7, 'v', 'payment', '6', '57TE5RTTPNLBTL7BDUICP7B3QD', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T08:02:09.465740165Z","sent_at":"2026-11-21T08:02:09.503033875Z","doubt_since":"2026-11-21T08:02:09.503360952Z","next_at":"2026-11-21T08:03:14.677207003Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T08:02:09.503362565Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (8, 'v', 'payment', '7', 'LTX7D2PSDWUG2NZMZXBVSQL7DF', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T08:02:09.46678332Z","sent_at":"2026-11-21T08:02:09.524401087Z","next_at":"2026-11-21T08:03:13.484506413Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:09.525939681Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_migration VALUES (2);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795249029491, 1);
SELECT pg_catalog.setval('river_job_id_seq', 11, true);
SELECT pg_catalog.setval('unified_cancel_job_id_seq', 11, true);
ALTER TABLE ONLY river_client
    ADD CONSTRAINT river_client_pkey PRIMARY KEY (id);
ALTER TABLE ONLY river_client_queue
    ADD CONSTRAINT river_client_queue_pkey PRIMARY KEY (river_client_id, name);
ALTER TABLE ONLY river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);
ALTER TABLE ONLY river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);
ALTER TABLE ONLY river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);
ALTER TABLE ONLY unified_cancel_job
    ADD CONSTRAINT unified_cancel_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unified_cancel_migration
    ADD CONSTRAINT unified_cancel_migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY unified_cancel_pause
    ADD CONSTRAINT unified_cancel_pause_pkey PRIMARY KEY (provider);
CREATE INDEX river_job_args_index ON river_job USING gin (args);
CREATE INDEX river_job_kind ON river_job USING btree (kind);
CREATE INDEX river_job_metadata_index ON river_job USING gin (metadata);
CREATE INDEX river_job_prioritized_fetching_index ON river_job USING btree (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river_job_state_in_bitmask(unique_states, state));
CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job USING btree (provider, kind, thing) WHERE (settled_at = 0);
CREATE INDEX unified_cancel_job_provider ON unified_cancel_job USING btree (provider, id);
CREATE INDEX unified_cancel_job_provider_state ON unified_cancel_job USING btree (provider, state, id);
CREATE INDEX unified_cancel_job_state ON unified_cancel_job USING btree (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job USING btree (provider, kind, thing, id);
ALTER TABLE ONLY river_client_queue
    ADD CONSTRAINT river_client_queue_river_client_id_fkey FOREIGN KEY (river_client_id) REFERENCES river_client(id) ON DELETE CASCADE;
