CREATE TABLE river_client (
    id text PRIMARY KEY NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata blob NOT NULL DEFAULT (json('{}')),
    paused_at timestamp,
    updated_at timestamp NOT NULL,
    CONSTRAINT name_length CHECK (length(id) > 0 AND length(id) < 128)
);
CREATE TABLE river_client_queue (
    river_client_id text NOT NULL REFERENCES river_client (id) ON DELETE CASCADE,
    name text NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    max_workers integer NOT NULL DEFAULT 0,
    metadata blob NOT NULL DEFAULT (json('{}')),
    num_jobs_completed integer NOT NULL DEFAULT 0,
    num_jobs_running integer NOT NULL DEFAULT 0,
    updated_at timestamp NOT NULL,
    PRIMARY KEY (river_client_id, name),
    CONSTRAINT name_length CHECK (length(name) > 0 AND length(name) < 128),
    CONSTRAINT num_jobs_completed_zero_or_positive CHECK (num_jobs_completed >= 0),
    CONSTRAINT num_jobs_running_zero_or_positive CHECK (num_jobs_running >= 0)
);
CREATE TABLE river_job (
    id integer PRIMARY KEY, -- SQLite makes this autoincrementing automatically
    args blob NOT NULL DEFAULT '{}',
    attempt integer NOT NULL DEFAULT 0,
    attempted_at timestamp,
    attempted_by blob, -- json
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    errors blob, -- json
    finalized_at timestamp,
    kind text NOT NULL,
    max_attempts integer NOT NULL,
    metadata blob NOT NULL DEFAULT (json('{}')),
    priority integer NOT NULL DEFAULT 1,
    queue text NOT NULL DEFAULT 'default',
    state text NOT NULL DEFAULT 'available',
    scheduled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tags blob NOT NULL DEFAULT (json('[]')),
    unique_key blob,
    unique_states integer,
    CONSTRAINT finalized_or_finalized_at_null CHECK (
        (finalized_at IS NULL AND state NOT IN ('cancelled', 'completed', 'discarded')) OR
        (finalized_at IS NOT NULL AND state IN ('cancelled', 'completed', 'discarded'))
    ),
    CONSTRAINT priority_in_range CHECK (priority >= 1 AND priority <= 4),
    CONSTRAINT queue_length CHECK (length(queue) > 0 AND length(queue) < 128),
    CONSTRAINT kind_length CHECK (length(kind) > 0 AND length(kind) < 128),
    CONSTRAINT state_valid CHECK (state IN ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled'))
);
CREATE TABLE river_leader (
    elected_at timestamp NOT NULL,
    expires_at timestamp NOT NULL,
    leader_id text NOT NULL,
    name text PRIMARY KEY NOT NULL DEFAULT 'default' CHECK (name = 'default'),
    CONSTRAINT name_length CHECK (length(name) > 0 AND length(name) < 128),
    CONSTRAINT leader_id_length CHECK (length(leader_id) > 0 AND length(leader_id) < 128)
);
CREATE TABLE river_migration (
    line text NOT NULL,
    version integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT line_length CHECK (length(line) > 0 AND length(line) < 128),
    CONSTRAINT version_gte_1 CHECK (version >= 1),
    PRIMARY KEY (line, version)
);
CREATE TABLE river_queue (
    name text PRIMARY KEY NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata blob NOT NULL DEFAULT (json('{}')),
    paused_at timestamp,
    updated_at timestamp NOT NULL
);
CREATE TABLE unified_cancel_job (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			provider TEXT NOT NULL,
			kind TEXT NOT NULL,
			thing TEXT NOT NULL,
			token TEXT NOT NULL,
			state TEXT NOT NULL,
			version BIGINT NOT NULL,
			settled_at BIGINT NOT NULL,
			told_at BIGINT NOT NULL,
			body TEXT NOT NULL
		);
CREATE TABLE unified_cancel_migration (version BIGINT PRIMARY KEY);
CREATE TABLE unified_cancel_pause (
			provider TEXT PRIMARY KEY,
			until BIGINT NOT NULL,
			failures BIGINT NOT NULL
		);
CREATE INDEX river_job_kind ON river_job (kind);
CREATE INDEX river_job_prioritized_fetching_index ON river_job (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;
CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key)
    WHERE unique_key IS NOT NULL
        AND unique_states IS NOT NULL
        AND CASE state
            WHEN 'available' THEN unique_states & (1 << 0)
            WHEN 'cancelled' THEN unique_states & (1 << 1)
            WHEN 'completed' THEN unique_states & (1 << 2)
            WHEN 'discarded' THEN unique_states & (1 << 3)
            WHEN 'pending'   THEN unique_states & (1 << 4)
            WHEN 'retryable' THEN unique_states & (1 << 5)
            WHEN 'running'   THEN unique_states & (1 << 6)
            WHEN 'scheduled' THEN unique_states & (1 << 7)
            ELSE 0
        END >= 1;
CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job (provider, kind, thing) WHERE settled_at = 0;
CREATE INDEX unified_cancel_job_state ON unified_cancel_job (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job (provider, kind, thing, id);
INSERT INTO river_job VALUES (1, X'7B226964223A317D', 1, '2026-11-21 07:34:40.790', '["worker"]', '2026-11-21 07:34:40.771', NULL, '2026-11-21 07:34:40.800602549 +0000 UTC m=+0.043609756', 'unified_cancel', 32767, '{"river:unique_nonce":"b52028cc3d381a94"}', 1, 'cancel-v', 'completed', '2026-11-21 07:34:40.771', '[]', NULL, NULL);
INSERT INTO river_job VALUES (2, X'7B226964223A327D', 1, '2026-11-21 07:34:40.790', '["worker"]', '2026-11-21 07:34:40.772', NULL, '2026-11-21 07:34:40.800083214 +0000 UTC m=+0.043090411', 'unified_cancel', 32767, '{"river:unique_nonce":"e14fa6c6678167a4"}', 1, 'cancel-v', 'completed', '2026-11-21 07:34:40.772', '[]', NULL, NULL);
INSERT INTO river_job VALUES (3, X'7B226964223A337D', 1, '2026-11-21 07:34:40.790', '["worker"]', '2026-11-21 07:34:40.773', NULL, '2026-11-21 07:34:40.801968915 +0000 UTC m=+0.044976112', 'unified_cancel', 32767, '{"river:unique_nonce":"096f8f33eeb3292b"}', 1, 'cancel-v', 'completed', '2026-11-21 07:34:40.773', '[]', NULL, NULL);
INSERT INTO river_job VALUES (4, X'7B226964223A347D', 1, '2026-11-21 07:34:40.786', '["worker"]', '2026-11-21 07:34:40.774', NULL, '2026-11-21 07:34:40.797668044 +0000 UTC m=+0.040675241', 'unified_cancel', 32767, '{"river:unique_nonce":"10f12e9b721ffec8"}', 1, 'cancel-brief', 'completed', '2026-11-21 07:34:40.774', '[]', NULL, NULL);
INSERT INTO river_job VALUES (5, X'7B226964223A357D', 1, '2026-11-21 07:34:40.792', '["worker"]', '2026-11-21 07:34:40.776', '[{"at":"2026-11-21T07:34:40.792834499Z","attempt":1,"error":"OnSettled: told, and did not listen","trace":""}]', NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"1462bd2006017636"}', 1, 'cancel-deaf', 'available', '2026-11-21 07:34:42.799958008 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (6, X'7B226964223A367D', 0, '2026-11-21 07:34:40.790', '["worker"]', '2026-11-21 07:34:40.777', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"67e7d20564e02557","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:39:40.802400689 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (7, X'7B226964223A377D', 0, '2026-11-21 07:34:40.809', '["worker"]', '2026-11-21 07:34:40.778', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"305859d0245bf568","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:35:44.085818694 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (8, X'7B226964223A387D', 0, '2026-11-21 07:34:40.809', '["worker"]', '2026-11-21 07:34:40.779', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"7597c3fe9c9fbea6","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:35:42.526676882 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (9, X'7B226964223A397D', 0, '2026-11-21 07:34:40.785', '["worker"]', '2026-11-21 07:34:40.780', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"901c01215b5a6e4b","snoozes":1}', 1, 'cancel-locked', 'scheduled', '2026-11-21 07:35:45.501497562 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (10, X'7B226964223A31307D', 1, '2026-11-21 07:34:40.789', '["worker"]', '2026-11-21 07:34:40.780', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"9b79321caacbda07"}', 1, 'cancel-busy', 'running', '2026-11-21 07:34:40.780', '[]', NULL, NULL);
INSERT INTO river_job VALUES (11, X'7B226964223A31317D', 0, NULL, NULL, '2026-11-21 07:34:40.782', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"e99789862f9276bb"}', 1, 'cancel-busy', 'available', '2026-11-21 07:34:40.782', '[]', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 07:34:40.783', '2026-11-21 07:34:55.783', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 07:34:40');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 07:34:40');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 07:34:40');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 07:34:40');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 07:34:40');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 07:34:40');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 07:34:40.783', '{}', NULL, '2026-11-21 07:34:40.783');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 07:34:40.784', '{}', NULL, '2026-11-21 07:34:40.784');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 07:34:40.786', '{}', NULL, '2026-11-21 07:34:40.786');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 07:34:40.787', '{}', NULL, '2026-11-21 07:34:40.787');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 07:34:40.788', '{}', NULL, '2026-11-21 07:34:40.788');
INSERT INTO unified_cancel_job VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'IBQXDYNZJKV4K54SZWCAHNOUMY', 'done', 4, 1795246480796, 1795246480798, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T07:34:40.770738269Z","sent_at":"2026-11-21T07:34:40.793744265Z","settled_at":"2026-11-21T07:34:40.79682019Z","told_at":"2026-11-21T07:34:40.798211003Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:34:40.796815723Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (2, 'v', 'payment', '1', 'AGTMLTZVCRH4NYPF4VAPFLRAOD', 'failed', 4, 1795246480795, 1795246480797, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T07:34:40.772216578Z","sent_at":"2026-11-21T07:34:40.793824384Z","settled_at":"2026-11-21T07:34:40.795647862Z","told_at":"2026-11-21T07:34:40.797284622Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:40.79564633Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job VALUES (3, 'v', 'payment', '2', 'BZ4MXHPTPPA3H5XNUORNA7XNDM', 'unknown', 4, 1795246480799, 1795246480801, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T07:34:40.77320378Z","sent_at":"2026-11-21T07:34:40.798324503Z","settled_at":"2026-11-21T07:34:40.799241209Z","told_at":"2026-11-21T07:34:40.801010887Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:40.799235801Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job VALUES (4, 'brief', 'payment', '3', 'TFOGXFYJVRYBREBOKDAEV2GET2', 'forgotten', 5, 1795246480793, 1795246480794, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T07:34:40.774109695Z","sent_at":"2026-11-21T07:34:40.775212049Z","pending_since":"2026-11-21T07:34:40.775604123Z","settled_at":"2026-11-21T07:34:40.793788721Z","told_at":"2026-11-21T07:34:40.794211702Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:34:40.793785827Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (5, 'deaf', 'payment', '4', 'QKB7WPBG7K7SA6PJIAHDEWDIB2', 'done', 3, 1795246480795, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T07:34:40.77612567Z","sent_at":"2026-11-21T07:34:40.793839467Z","settled_at":"2026-11-21T07:34:40.795117472Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:34:40.795111563Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (6, 'v', 'payment', '5', 'RAFI6BQC6OG37BUQI5R2KID25J', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T07:34:40.776981036Z","sent_at":"2026-11-21T07:34:40.798307197Z","pending_since":"2026-11-21T07:34:40.80156936Z","next_at":"2026-11-21T07:39:40.801570942Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:34:40.801566335Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (7, 'v', 'payment', '6', 'SUN7BCBC5KLAZZ3BDJGCOK7AWV', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T07:34:40.778036649Z","sent_at":"2026-11-21T07:34:40.810186465Z","doubt_since":"2026-11-21T07:34:40.810535966Z","next_at":"2026-11-21T07:35:44.084811313Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T07:34:40.810537509Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (8, 'v', 'payment', '7', '725F2Y6L2GZQT725LR2E4SK4KI', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T07:34:40.778915079Z","sent_at":"2026-11-21T07:34:40.811623032Z","next_at":"2026-11-21T07:35:42.526204708Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:40.812809661Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (9, 'locked', 'payment', '8', 'RJRXHOXWC5JTTGCFTGQNBV2DXB', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T07:34:40.779763523Z","sent_at":"2026-11-21T07:34:40.788317966Z","next_at":"2026-11-21T07:35:45.496313383Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:34:40.793665708Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job VALUES (10, 'busy', 'payment', '90', 'ZZHVFKJNB6MGAUFQYGANYIOFPQ', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T07:34:40.780608343Z","sent_at":"2026-11-21T07:34:40.793079453Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job VALUES (11, 'busy', 'payment', '91', '2P7MWVDZOVXRSFDVUCRRXMCQFW', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T07:34:40.781592089Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795247380796, 1);
