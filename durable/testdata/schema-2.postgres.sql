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
INSERT INTO river_job VALUES (11, 'available', 0, 32767, NULL, '2026-11-21 07:46:26.85409+00', NULL, '2026-11-21 07:46:26.85409+00', 1, '{"id": 11}', NULL, NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (10, 'running', 1, 32767, '2026-11-21 07:46:26.886564+00', '2026-11-21 07:46:26.853091+00', NULL, '2026-11-21 07:46:26.853091+00', 1, '{"id": 10}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{}', 'cancel-busy', '{}', NULL, NULL);
INSERT INTO river_job VALUES (5, 'available', 1, 32767, '2026-11-21 07:46:26.875127+00', '2026-11-21 07:46:26.847199+00', NULL, '2026-11-21 07:46:28.886881+00', 1, '{"id": 5}', '{vm_2026_11_21T07_46_26_714621}', '{"{\"at\": \"2026-11-21T07:46:26.880111349Z\", \"error\": \"OnSettled: told, and did not listen\", \"trace\": \"\", \"attempt\": 1}"}', 'unified_cancel', '{}', 'cancel-deaf', '{}', NULL, NULL);
INSERT INTO river_job VALUES (9, 'scheduled', 0, 32767, '2026-11-21 07:46:26.876512+00', '2026-11-21 07:46:26.852015+00', NULL, '2026-11-21 07:47:30.185284+00', 1, '{"id": 9}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-locked', '{}', NULL, NULL);
INSERT INTO river_job VALUES (4, 'completed', 1, 32767, '2026-11-21 07:46:26.88099+00', '2026-11-21 07:46:26.842064+00', '2026-11-21 07:46:26.88681+00', '2026-11-21 07:46:26.842064+00', 1, '{"id": 4}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{}', 'cancel-brief', '{}', NULL, NULL);
INSERT INTO river_job VALUES (1, 'completed', 1, 32767, '2026-11-21 07:46:26.889657+00', '2026-11-21 07:46:26.8286+00', '2026-11-21 07:46:26.899962+00', '2026-11-21 07:46:26.8286+00', 1, '{"id": 1}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (2, 'completed', 1, 32767, '2026-11-21 07:46:26.889657+00', '2026-11-21 07:46:26.832544+00', '2026-11-21 07:46:26.898789+00', '2026-11-21 07:46:26.832544+00', 1, '{"id": 2}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (3, 'completed', 1, 32767, '2026-11-21 07:46:26.889657+00', '2026-11-21 07:46:26.83387+00', '2026-11-21 07:46:26.898308+00', '2026-11-21 07:46:26.83387+00', 1, '{"id": 3}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (6, 'scheduled', 0, 32767, '2026-11-21 07:46:26.889657+00', '2026-11-21 07:46:26.848868+00', NULL, '2026-11-21 07:51:26.899878+00', 1, '{"id": 6}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (7, 'scheduled', 0, 32767, '2026-11-21 07:46:26.898621+00', '2026-11-21 07:46:26.850149+00', NULL, '2026-11-21 07:47:31.481366+00', 1, '{"id": 7}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_job VALUES (8, 'scheduled', 0, 32767, '2026-11-21 07:46:26.918984+00', '2026-11-21 07:46:26.850893+00', NULL, '2026-11-21 07:47:32.153684+00', 1, '{"id": 8}', '{vm_2026_11_21T07_46_26_714621}', NULL, 'unified_cancel', '{"snoozes": 1}', 'cancel-v', '{}', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 07:46:26.863433+00', '2026-11-21 07:46:41.863433+00', 'vm_2026_11_21T07_46_26_714621', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 07:46:26.715895+00');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 07:46:26.722657+00');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 07:46:26.755546+00');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 07:46:26.757416+00');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 07:46:26.763256+00');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 07:46:26.80226+00');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 07:46:26.86438+00', '{}', NULL, '2026-11-21 07:46:26.86438+00');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 07:46:26.867416+00', '{}', NULL, '2026-11-21 07:46:26.867416+00');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 07:46:26.868133+00', '{}', NULL, '2026-11-21 07:46:26.868133+00');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 07:46:26.868915+00', '{}', NULL, '2026-11-21 07:46:26.868915+00');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 07:46:26.872379+00', '{}', NULL, '2026-11-21 07:46:26.872379+00');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (11, 'busy', 'payment', '91', 'UIQNXETGVHG2MVOGS2BEX7WDB4', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T07:46:26.853820777Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (5, 'deaf', 'payment', '4', 'QYHZ666CBVNXLDEJAHPCONFTOF', 'done', 3, 1795247186885, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T07:46:26.846774202Z","sent_at":"2026-11-21T07:46:26.884792417Z","settled_at":"2026-11-21T07:46:26.885979787Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:46:26.885967148Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (9, 'locked', 'payment', '8', 'EXPOHHAST5ELLE2K5TAEAB5UVO', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T07:46:26.851880545Z","sent_at":"2026-11-21T07:46:26.884565058Z","next_at":"2026-11-21T07:47:30.183194604Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:26.88541867Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (4, 'brief', 'payment', '3', 'ZP4OSCC57P72CCBZI7C4YYT6FR', 'forgotten', 5, 1795247186885, 1795247186886, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T07:46:26.841320713Z","sent_at":"2026-11-21T07:46:26.845052055Z","pending_since":"2026-11-21T07:46:26.846138194Z","settled_at":"2026-11-21T07:46:26.88507649Z","told_at":"2026-11-21T07:46:26.886280285Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:46:26.885063461Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (10, 'busy', 'payment', '90', 'NQZDGTYLHTPBZEEWAEWLZQOV2D', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T07:46:26.852916449Z","sent_at":"2026-11-21T07:46:26.896267172Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (3, 'v', 'payment', '2', 'QO3UAP2KXQIYSZKQ3BUYSY2362', 'unknown', 4, 1795247186896, 1795247186897, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T07:46:26.833627384Z","sent_at":"2026-11-21T07:46:26.895761358Z","settled_at":"2026-11-21T07:46:26.896866165Z","told_at":"2026-11-21T07:46:26.897202677Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:26.89686244Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (7, 'v', 'payment', '6', 'K7NMZFUQB2OP5QVMR6SUIYMNGV', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T07:46:26.849889116Z","sent_at":"2026-11-21T07:46:26.900543237Z","doubt_since":"2026-11-21T07:46:26.900969132Z","next_at":"2026-11-21T07:47:31.481016543Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T07:46:26.900970644Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (8, 'v', 'payment', '7', 'LYNOUC4ZZCKY25VTRSH64UY42B', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T07:46:26.850731021Z","sent_at":"2026-11-21T07:46:26.922145179Z","next_at":"2026-11-21T07:47:32.153155931Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:26.922761117Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (2, 'v', 'payment', '1', 'APXENCEXEBOH2JZNPXJLXDN7AZ', 'failed', 4, 1795247186896, 1795247186896, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T07:46:26.832147408Z","sent_at":"2026-11-21T07:46:26.895669161Z","settled_at":"2026-11-21T07:46:26.89619818Z","told_at":"2026-11-21T07:46:26.896919765Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:26.896194103Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', '3FWOX6WTQC4DJGJKYOL4CHF44F', 'done', 4, 1795247186897, 1795247186899, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T07:46:26.825920716Z","sent_at":"2026-11-21T07:46:26.895274332Z","settled_at":"2026-11-21T07:46:26.89726493Z","told_at":"2026-11-21T07:46:26.899698397Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:46:26.897259211Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job OVERRIDING SYSTEM VALUE VALUES (6, 'v', 'payment', '5', 'NXL7XD7TWFUNSWYRRBBPLF3Z3Y', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T07:46:26.848607716Z","sent_at":"2026-11-21T07:46:26.89733227Z","pending_since":"2026-11-21T07:46:26.899208717Z","next_at":"2026-11-21T07:51:26.899211502Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:46:26.899203349Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_migration VALUES (2);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795248086886, 1);
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
