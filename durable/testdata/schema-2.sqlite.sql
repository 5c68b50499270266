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
CREATE INDEX unified_cancel_job_provider ON unified_cancel_job (provider, id);
CREATE INDEX unified_cancel_job_provider_state ON unified_cancel_job (provider, state, id);
CREATE INDEX unified_cancel_job_state ON unified_cancel_job (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job (provider, kind, thing, id);
INSERT INTO river_job VALUES (1, X'7B226964223A317D', 1, '2026-11-21 07:46:17.004', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.961', NULL, '2026-11-21 07:46:17.020285781 +0000 UTC m=+0.087572147', 'unified_cancel', 32767, '{"river:unique_nonce":"7bcbbb0a87d2cbc7"}', 1, 'cancel-v', 'completed', '2026-11-21 07:46:16.961', '[]', NULL, NULL);
INSERT INTO river_job VALUES (2, X'7B226964223A327D', 1, '2026-11-21 07:46:17.004', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.963', NULL, '2026-11-21 07:46:17.019590755 +0000 UTC m=+0.086877111', 'unified_cancel', 32767, '{"river:unique_nonce":"e6fc7abd1acc0b8c"}', 1, 'cancel-v', 'completed', '2026-11-21 07:46:16.963', '[]', NULL, NULL);
INSERT INTO river_job VALUES (3, X'7B226964223A337D', 1, '2026-11-21 07:46:17.004', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.967', NULL, '2026-11-21 07:46:17.021132573 +0000 UTC m=+0.088418929', 'unified_cancel', 32767, '{"river:unique_nonce":"c7c4420c63c0f3bb"}', 1, 'cancel-v', 'completed', '2026-11-21 07:46:16.967', '[]', NULL, NULL);
INSERT INTO river_job VALUES (4, X'7B226964223A347D', 1, '2026-11-21 07:46:16.999', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.969', NULL, '2026-11-21 07:46:17.023518981 +0000 UTC m=+0.090805347', 'unified_cancel', 32767, '{"river:unique_nonce":"27f5d4b6c0ca694e"}', 1, 'cancel-brief', 'completed', '2026-11-21 07:46:16.969', '[]', NULL, NULL);
INSERT INTO river_job VALUES (5, X'7B226964223A357D', 1, '2026-11-21 07:46:16.993', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.974', '[{"at":"2026-11-21T07:46:16.995378491Z","attempt":1,"error":"OnSettled: told, and did not listen","trace":""}]', NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"7b3479cbefce6aae"}', 1, 'cancel-deaf', 'available', '2026-11-21 07:46:19.006565037 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (6, X'7B226964223A367D', 0, '2026-11-21 07:46:17.004', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.978', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"2907e3176a549cfd","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:51:17.028100741 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (7, X'7B226964223A377D', 0, '2026-11-21 07:46:17.024', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.980', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"df598d46d4d58608","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:47:19.823236777 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (8, X'7B226964223A387D', 0, '2026-11-21 07:46:17.024', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.983', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"1b52e1b734de5ca3","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 07:47:21.327078527 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (9, X'7B226964223A397D', 0, '2026-11-21 07:46:16.996', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.984', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"63b077773ba18ea8","snoozes":1}', 1, 'cancel-locked', 'scheduled', '2026-11-21 07:47:18.973236533 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (10, X'7B226964223A31307D', 1, '2026-11-21 07:46:17.000', '["vm_2026_11_21T07_46_16_942051"]', '2026-11-21 07:46:16.986', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"0ea2b65af4422ec8"}', 1, 'cancel-busy', 'running', '2026-11-21 07:46:16.986', '[]', NULL, NULL);
INSERT INTO river_job VALUES (11, X'7B226964223A31317D', 0, NULL, NULL, '2026-11-21 07:46:16.988', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"d94e9643afa195e4"}', 1, 'cancel-busy', 'available', '2026-11-21 07:46:16.988', '[]', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 07:46:16.990', '2026-11-21 07:46:31.990', 'vm_2026_11_21T07_46_16_942051', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 07:46:16');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 07:46:16');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 07:46:16');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 07:46:16');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 07:46:16');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 07:46:16');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 07:46:16.991', '{}', NULL, '2026-11-21 07:46:16.991');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 07:46:16.992', '{}', NULL, '2026-11-21 07:46:16.992');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 07:46:16.995', '{}', NULL, '2026-11-21 07:46:16.995');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 07:46:16.998', '{}', NULL, '2026-11-21 07:46:16.998');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 07:46:17.001', '{}', NULL, '2026-11-21 07:46:17.001');
INSERT INTO unified_cancel_job VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'TP7KGDM56ILAWG5NTP4ADIVFD4', 'done', 4, 1795247177008, 1795247177017, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T07:46:16.959771572Z","sent_at":"2026-11-21T07:46:17.00736529Z","settled_at":"2026-11-21T07:46:17.008767991Z","told_at":"2026-11-21T07:46:17.017875668Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:46:17.008763084Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (2, 'v', 'payment', '1', 'G6AHM2GCRNC7PVA5JYL5CMYRIA', 'failed', 4, 1795247177009, 1795247177016, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T07:46:16.962489373Z","sent_at":"2026-11-21T07:46:17.008027968Z","settled_at":"2026-11-21T07:46:17.009891806Z","told_at":"2026-11-21T07:46:17.016979432Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:17.009890064Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job VALUES (3, 'v', 'payment', '2', 'WVH674UEUFPV5K6TVDRO4CYIU4', 'unknown', 4, 1795247177011, 1795247177016, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T07:46:16.96648501Z","sent_at":"2026-11-21T07:46:17.008004443Z","settled_at":"2026-11-21T07:46:17.011074169Z","told_at":"2026-11-21T07:46:17.016170947Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:17.011063172Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job VALUES (4, 'brief', 'payment', '3', 'JBSRZLBQ4BYOOFUB26IIYFGGT4', 'forgotten', 5, 1795247177003, 1795247177007, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T07:46:16.969179466Z","sent_at":"2026-11-21T07:46:16.971316362Z","pending_since":"2026-11-21T07:46:16.97218749Z","settled_at":"2026-11-21T07:46:17.003017559Z","told_at":"2026-11-21T07:46:17.007925976Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:46:17.002972692Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (5, 'deaf', 'payment', '4', 'QGFNREJYW3OIIB7ZNI2JL53ZP2', 'done', 3, 1795247177005, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T07:46:16.973665484Z","sent_at":"2026-11-21T07:46:17.002860855Z","settled_at":"2026-11-21T07:46:17.005747418Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T07:46:17.005688911Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (6, 'v', 'payment', '5', 'JXPSNKL6AVLGSAM5IL2QKN6NHT', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T07:46:16.97758106Z","sent_at":"2026-11-21T07:46:17.018094063Z","pending_since":"2026-11-21T07:46:17.022225652Z","next_at":"2026-11-21T07:51:17.022230029Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T07:46:17.022218161Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (7, 'v', 'payment', '6', 'U2WL4FABP4NI55KFQ46EUVY4VO', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T07:46:16.980016631Z","sent_at":"2026-11-21T07:46:17.027743758Z","doubt_since":"2026-11-21T07:46:17.028510441Z","next_at":"2026-11-21T07:47:19.820761336Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T07:46:17.028512314Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (8, 'v', 'payment', '7', 'SZ47UWBXBDAI77ZMDD4W4BJQZ3', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T07:46:16.982178143Z","sent_at":"2026-11-21T07:46:17.027788335Z","next_at":"2026-11-21T07:47:21.324644057Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:17.029147992Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (9, 'locked', 'payment', '8', 'MCFOP5NE3IQMW47PDYWR657DZX', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T07:46:16.984101801Z","sent_at":"2026-11-21T07:46:17.002748618Z","next_at":"2026-11-21T07:47:18.9700145Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T07:46:17.007193824Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job VALUES (10, 'busy', 'payment', '90', '5FBFNZA6EFD2KSG3TVWJ6OFCUX', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T07:46:16.985941723Z","sent_at":"2026-11-21T07:46:17.003046642Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job VALUES (11, 'busy', 'payment', '91', 'NHWW43R5TPFQS52QOJVTS7XADO', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T07:46:16.987708167Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_migration VALUES (2);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795248077009, 1);
