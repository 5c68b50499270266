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
INSERT INTO river_job VALUES (1, X'7B226964223A317D', 1, '2026-11-21 08:02:05.057', '["worker"]', '2026-11-21 08:02:05.039', NULL, '2026-11-21 08:02:05.068480891 +0000 UTC m=+0.044424505', 'unified_cancel', 32767, '{"river:unique_nonce":"890948682bff5d4a"}', 1, 'cancel-v', 'completed', '2026-11-21 08:02:05.039', '[]', NULL, NULL);
INSERT INTO river_job VALUES (2, X'7B226964223A327D', 1, '2026-11-21 08:02:05.057', '["worker"]', '2026-11-21 08:02:05.040', NULL, '2026-11-21 08:02:05.069447582 +0000 UTC m=+0.045391196', 'unified_cancel', 32767, '{"river:unique_nonce":"5b950be1f9f21df5"}', 1, 'cancel-v', 'completed', '2026-11-21 08:02:05.040', '[]', NULL, NULL);
INSERT INTO river_job VALUES (3, X'7B226964223A337D', 1, '2026-11-21 08:02:05.057', '["worker"]', '2026-11-21 08:02:05.041', NULL, '2026-11-21 08:02:05.067240702 +0000 UTC m=+0.043184316', 'unified_cancel', 32767, '{"river:unique_nonce":"ff8185e7911646a0"}', 1, 'cancel-v', 'completed', '2026-11-21 08:02:05.041', '[]', NULL, NULL);
INSERT INTO river_job VALUES (4, X'7B226964223A347D', 1, '2026-11-21 08:02:05.054', '["worker"]', '2026-11-21 08:02:05.042', NULL, '2026-11-21 08:02:05.062852461 +0000 UTC m=+0.038796075', 'unified_cancel', 32767, '{"river:unique_nonce":"e44ad0e724bc1901"}', 1, 'cancel-brief', 'completed', '2026-11-21 08:02:05.042', '[]', NULL, NULL);
INSERT INTO river_job VALUES (5, X'7B226964223A357D', 1, '2026-11-21 08:02:05.060', '["worker"]', '2026-11-21 08:02:05.044', '[{"at":"2026-11-21T08:02:05.061016213Z","attempt":1,"error":"OnSettled: told, and did not listen","trace":""}]', NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"48095d88aae5b0bf"}', 1, 'cancel-deaf', 'available', '2026-11-21 08:02:07.068969229 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (6, X'7B226964223A367D', 0, '2026-11-21 08:02:05.057', '["worker"]', '2026-11-21 08:02:05.045', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"7f9d8084378ea722","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 08:07:05.061718009 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (7, X'7B226964223A377D', 0, '2026-11-21 08:02:05.077', '["worker"]', '2026-11-21 08:02:05.046', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"79b8491dd3cc8ed2","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 08:03:08.252657457 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (8, X'7B226964223A387D', 0, '2026-11-21 08:02:05.077', '["worker"]', '2026-11-21 08:02:05.046', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"e132e112b1c9734e","snoozes":1}', 1, 'cancel-v', 'scheduled', '2026-11-21 08:03:06.908362596 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (9, X'7B226964223A397D', 0, '2026-11-21 08:02:05.052', '["worker"]', '2026-11-21 08:02:05.047', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"1f1f9de760adb9c8","snoozes":1}', 1, 'cancel-locked', 'scheduled', '2026-11-21 08:03:10.927226281 +0000 UTC', '[]', NULL, NULL);
INSERT INTO river_job VALUES (10, X'7B226964223A31307D', 1, '2026-11-21 08:02:05.055', '["worker"]', '2026-11-21 08:02:05.049', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"9438af2f2af28355"}', 1, 'cancel-busy', 'running', '2026-11-21 08:02:05.049', '[]', NULL, NULL);
INSERT INTO river_job VALUES (11, X'7B226964223A31317D', 0, NULL, NULL, '2026-11-21 08:02:05.049', NULL, NULL, 'unified_cancel', 32767, '{"river:unique_nonce":"75b36afde1e2a4cd"}', 1, 'cancel-busy', 'available', '2026-11-21 08:02:05.049', '[]', NULL, NULL);
INSERT INTO river_leader VALUES ('2026-11-21 08:02:05.051', '2026-11-21 08:02:20.051', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-21 08:02:05');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-21 08:02:05');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-21 08:02:05');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-21 08:02:05');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-21 08:02:05');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-21 08:02:05');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-21 08:02:05.050', '{}', NULL, '2026-11-21 08:02:05.050');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-21 08:02:05.051', '{}', NULL, '2026-11-21 08:02:05.051');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-21 08:02:05.053', '{}', NULL, '2026-11-21 08:02:05.053');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-21 08:02:05.056', '{}', NULL, '2026-11-21 08:02:05.056');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-21 08:02:05.058', '{}', NULL, '2026-11-21 08:02:05.058');
INSERT INTO unified_cancel_job VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', '2RPNRRF6V32OSY62RESYGY2CKI', 'done', 4, 1795248125064, 1795248125067, '{"id":1,"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"state":"done","enqueued_at":"2026-11-21T08:02:05.038331276Z","sent_at":"2026-11-21T08:02:05.061280137Z","settled_at":"2026-11-21T08:02:05.064453818Z","told_at":"2026-11-21T08:02:05.067663843Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T08:02:05.06444836Z"},"evidence":[{"request":{"provider":"v","kind":"invoice","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"provider":"v","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (2, 'v', 'payment', '1', 'NNC34IFBGK7SA5RCZ22SIZRKOR', 'failed', 4, 1795248125063, 1795248125066, '{"id":2,"request":{"provider":"v","kind":"payment","id":"1"},"state":"failed","enqueued_at":"2026-11-21T08:02:05.039774538Z","sent_at":"2026-11-21T08:02:05.061252435Z","settled_at":"2026-11-21T08:02:05.063453346Z","told_at":"2026-11-21T08:02:05.066076006Z","sent":1,"asked":0,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:05.063451213Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"1"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"}]}');
INSERT INTO unified_cancel_job VALUES (3, 'v', 'payment', '2', 'YZHQS3LXNBLKFPRC6TKBJ2PFS5', 'unknown', 4, 1795248125065, 1795248125066, '{"id":3,"request":{"provider":"v","kind":"payment","id":"2"},"state":"unknown","enqueued_at":"2026-11-21T08:02:05.040767588Z","sent_at":"2026-11-21T08:02:05.058831416Z","settled_at":"2026-11-21T08:02:05.065097898Z","told_at":"2026-11-21T08:02:05.066486007Z","sent":1,"asked":0,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:05.065096125Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"2"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job VALUES (4, 'brief', 'payment', '3', 'ITHWKZGSWOQ5IFKXODEICCZLBL', 'forgotten', 5, 1795248125058, 1795248125059, '{"id":4,"request":{"provider":"brief","kind":"payment","id":"3"},"state":"forgotten","enqueued_at":"2026-11-21T08:02:05.041744665Z","sent_at":"2026-11-21T08:02:05.042789923Z","pending_since":"2026-11-21T08:02:05.043162228Z","settled_at":"2026-11-21T08:02:05.058027854Z","told_at":"2026-11-21T08:02:05.059396369Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T08:02:05.057981024Z"},"evidence":[{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"},{"request":{"provider":"brief","kind":"payment","id":"3"},"provider":"brief","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (5, 'deaf', 'payment', '4', '5DDBCPISX3NSNOY5JET5B5C5MJ', 'done', 3, 1795248125068, 0, '{"id":5,"request":{"provider":"deaf","kind":"payment","id":"4"},"state":"done","enqueued_at":"2026-11-21T08:02:05.043718357Z","sent_at":"2026-11-21T08:02:05.067279049Z","settled_at":"2026-11-21T08:02:05.068101846Z","sent":1,"asked":0,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-21T08:02:05.068096498Z"},"evidence":[{"request":{"provider":"deaf","kind":"payment","id":"4"},"provider":"deaf","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (6, 'v', 'payment', '5', 'P2UYSI3OBO4ENWEZW66D4MRG7J', 'pending', 3, 0, 0, '{"id":6,"request":{"provider":"v","kind":"payment","id":"5"},"state":"pending","enqueued_at":"2026-11-21T08:02:05.044692039Z","sent_at":"2026-11-21T08:02:05.058758237Z","pending_since":"2026-11-21T08:02:05.059899559Z","next_at":"2026-11-21T08:07:05.059901311Z","sent":1,"asked":0,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-21T08:02:05.059895593Z"},"evidence":[{"request":{"provider":"v","kind":"payment","id":"5"},"provider":"v","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (7, 'v', 'payment', '6', 'ARKPEDTOKTL37EHQCO67BADLRK', 'in_doubt', 3, 0, 0, '{"id":7,"request":{"provider":"v","kind":"payment","id":"6"},"state":"in_doubt","enqueued_at":"2026-11-21T08:02:05.045677087Z","sent_at":"2026-11-21T08:02:05.079635785Z","doubt_since":"2026-11-21T08:02:05.080124198Z","next_at":"2026-11-21T08:03:08.252253575Z","sent":1,"asked":0,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-21T08:02:05.08012548Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"provider":"v","kind":"payment","id":"6"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (8, 'v', 'payment', '7', 'QFRLJMGSXBIOU4AWFEI2X5FZSF', 'queued', 3, 0, 0, '{"id":8,"request":{"provider":"v","kind":"payment","id":"7"},"state":"queued","enqueued_at":"2026-11-21T08:02:05.046649286Z","sent_at":"2026-11-21T08:02:05.078589029Z","next_at":"2026-11-21T08:03:06.907890212Z","sent":1,"asked":0,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:05.079080422Z","times":1},"evidence":[{"request":{"provider":"v","kind":"payment","id":"7"},"provider":"v","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (9, 'locked', 'payment', '8', '3Y4UGDUVS2AJBCFGZKS4Z2XZ4A', 'queued', 3, 0, 0, '{"id":9,"request":{"provider":"locked","kind":"payment","id":"8"},"state":"queued","enqueued_at":"2026-11-21T08:02:05.047652141Z","sent_at":"2026-11-21T08:02:05.056247164Z","next_at":"2026-11-21T08:03:10.922700314Z","sent":1,"asked":0,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-21T08:02:05.062308239Z","times":1},"evidence":[{"request":{"provider":"locked","kind":"payment","id":"8"},"provider":"locked","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job VALUES (10, 'busy', 'payment', '90', 'FF73WOBGD6MKZJOWKVNQ4BF33X', 'sending', 2, 0, 0, '{"id":10,"request":{"provider":"busy","kind":"payment","id":"90"},"state":"sending","enqueued_at":"2026-11-21T08:02:05.048692372Z","sent_at":"2026-11-21T08:02:05.063996796Z","sent":1,"asked":0}');
INSERT INTO unified_cancel_job VALUES (11, 'busy', 'payment', '91', 'VFRGW3USKF3MNQDBWYC6GDBAGO', 'queued', 1, 0, 0, '{"id":0,"request":{"provider":"busy","kind":"payment","id":"91"},"state":"queued","enqueued_at":"2026-11-21T08:02:05.049634116Z","sent":0,"asked":0}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_migration VALUES (2);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795249025063, 1);
