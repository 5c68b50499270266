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
INSERT INTO river_job VALUES (11, 'available', 0, 32767, NULL, '2026-11-21 07:34:46.215344+00', NULL, '2026-11-21 07:34:46.215344+00', 1, '{"id": 11}', NULL, NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (10, 'running', 1, 32767, '2026-11-21 07:34:46.224338+00', '2026-11-21 07:34:46.214905+00', NULL, '2026-11-21 07:34:46.214905+00', 1, '{"id": 10}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (9, 'scheduled', 0, 32767, '2026-11-21 07:34:46.220899+00', '2026-11-21 07:34:46.21445+00', NULL, '2026-11-21 07:35:47.946329+00', 1, '{"id": 9}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-locked', '{}', NULL, NULL);
INSERT INTO river_job VALUES (4, 'completed', 1, 32767, '2026-11-21 07:34:46.224338+00', '2026-11-21 07:34:46.210891+00', '2026-11-21 07:34:46.227835+00', '2026-11-21 07:34:46.210891+00', 1, '{"id": 4}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-brief', '{}', NULL, NULL);
INSERT INTO river_job VALUES (5, 'available', 1, 32767, '2026-11-21 07:34:46.225827+00', '2026-11-21 07:34:46.212473+00', NULL, '2026-11-21 07:34:48.227766+00', 1, '{"id": 5}', '{worker}', '{"{\"at\": \"2026-11-21T07:34:46.226224664Z\", \"error\": \"OnSettled: told, and did not listen\", \"trace\": \"\", \"attempt\": 1}"}', 'unified_cancel', '{}', 'cancel-deaf', '{}', NULL, NULL);
INSERT INTO river_job VALUES (1, 'completed', 1, 32767, '2026-11-21 07:34:46.22915+00', '2026-11-21 07:34:46.207711+00', '2026-11-21 07:34:46.231073+00', '2026-11-21 07:34:46.207711+00', 1, '{"id": 1}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (2, 'completed', 1, 32767, '2026-11-21 07:34:46.22915+00', '2026-11-21 07:34:46.20967+00', '2026-11-21 07:34:46.230978+00', '2026-11-21 07:34:46.20967+00', 1, '{"id": 2}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (3, 'completed', 1, 32767, '2026-11-21 07:34:46.22915+00', '2026-11-21 07:34:46.210303+00', '2026-11-21 07:34:46.231131+00', '2026-11-21 07:34:46.210303+00', 1, '{"id": 3}', '{worker}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (6, 'scheduled', 0, 32767, '2026-11-21 07:34:46.22915+00', '2026-11-21 07:34:46.213145+00', NULL, '2026-11-21 07:39:46.232018+00', 1, '{"id": 6}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (7, 'scheduled', 0, 32767, '2026-11-21 07:34:46.2436+00', '2026-11-21 07:34:46.213639+00', NULL, '2026-11-21 07:35:47.330223+00', 1, '{"id": 7}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (8, 'scheduled', 0, 32767, '2026-11-21 07:34:46.2436+00', '2026-11-21 07:34:46.214052+00', NULL, '2026-11-21 07:35:51.231307+00', 1, '{"id": 8}', '{worker}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 07:34:46.218297+00', '2026-11-21 07:35:01.218297+00', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 07:34:46.182321+00');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 07:34:46.185254+00');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 07:34:46.191081+00');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 07:34:46.191948+00');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 07:34:46.194195+00');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 07:34:46.200595+00');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 07:34:46.219234+00', '{}', NULL, '2026-11-21 07:34:46.219234+00');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 07:34:46.220063+00', '{}', NULL, '2026-11-21 07:34:46.220063+00');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 07:34:46.220896+00', '{}', NULL, '2026-11-21 07:34:46.220896+00');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 07:34:46.222381+00', '{}', NULL, '2026-11-21 07:34:46.222381+00');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 07:34:46.222564+00', '{}', NULL, '2026-11-21 07:34:46.222564+00');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (11, 'busy', 'payment', '91', 'ALH4HFNJAZRWYLJHW353KQJJWB', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T07:34:46.21525699Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (10, 'busy', 'payment', '90', 'IRHBUMWJ54VQFFDW2HZFSD7U5W', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T07:34:46.21479804Z","sent_at":"2026-11-21T07:34:46.227014031Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (5, 'deaf', 'payment', '4', 'G7L6UNAEXOFZIG4GACZTKOZNTY', 'done', 3, 1795246486227, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T07:34:46.212360121Z","sent_at":"2026-11-21T07:34:46.226870697Z","settled_at":"2026-11-21T07:34:46.227441438Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:34:46.227436721Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (4, 'brief', 'payment', '3', 'TPTNXNQSZ7RSKH32F62MA2U4AA', 'forgotten', 5, 1795246486226, 1795246486227, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T07:34:46.210767707Z","sent_at":"2026-11-21T07:34:46.211887126Z","pending_since":"2026-11-21T07:34:46.21214443Z","settled_at":"2026-11-21T07:34:46.226916365Z","told_at":"2026-11-21T07:34:46.22738214Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:34:46.226910366Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (9, 'locked', 'payment', '8', 'RN3SFKCHQ2NH2IUWGX42Q34SBA', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T07:34:46.214333343Z","sent_at":"2026-11-21T07:34:46.226947342Z","next_at":"2026-11-21T07:35:47.945692435Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:46.22761061Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (2, 'v', 'payment', '1', '7NZ4LWQU2WFNJ4XYXKTHXUXFOR', 'failed', 4, 1795246486230, 1795246486230, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T07:34:46.209522661Z","sent_at":"2026-11-21T07:34:46.230395121Z","settled_at":"2026-11-21T07:34:46.230591965Z","told_at":"2026-11-21T07:34:46.230795678Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:46.230590422Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'FH4BANPFPIK3NC7ACPENF4ATPU', 'done', 4, 1795246486230, 1795246486230, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T07:34:46.206438954Z","sent_at":"2026-11-21T07:34:46.230489822Z","settled_at":"2026-11-21T07:34:46.230708619Z","told_at":"2026-11-21T07:34:46.230950409Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:34:46.230705404Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (3, 'v', 'payment', '2', 'UWCOM3K3WI7BOO62BDPNRJ4IZI', 'unknown', 4, 1795246486230, 1795246486230, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T07:34:46.210163997Z","sent_at":"2026-11-21T07:34:46.230428621Z","settled_at":"2026-11-21T07:34:46.230771362Z","told_at":"2026-11-21T07:34:46.230985652Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:46.230770561Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (6, 'v', 'payment', '5', 'RZ2FL7HXQWX4DUN54LYJHCK5C5', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T07:34:46.212997351Z","sent_at":"2026-11-21T07:34:46.231612135Z","pending_since":"2026-11-21T07:34:46.231864271Z","next_at":"2026-11-21T07:39:46.231865834Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:34:46.231862599Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (8, 'v', 'payment', '7', 'TFIO43RZS5IVE6QTGTNIERKAN4', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T07:34:46.213931514Z","sent_at":"2026-11-21T07:34:46.244782619Z","next_at":"2026-11-21T07:35:51.231094402Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:46.244994365Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (7, 'v', 'payment', '6', '72KKBLIQ6EYJMXFCD4OJH5UUSN', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T07:34:46.213549074Z","sent_at":"2026-11-21T07:34:46.244818873Z","doubt_since":"2026-11-21T07:34:46.245076998Z","next_at":"2026-11-21T07:35:47.329676937Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T07:34:46.245077669Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795247386227, 1);
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
CREATE INDEX unified_cancel_job_state ON unified_cancel_job USING btree (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job USING btree (provider, kind, thing, id);
ALTER TABLE ONLY river_client_queue
    ADD CONSTRAINT river_client_queue_river_client_id_fkey FOREIGN KEY (river_client_id) REFERENCES river_client(id) ON DELETE CASCADE;
