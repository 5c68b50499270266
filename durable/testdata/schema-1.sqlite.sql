CREATE TABLE river_job (
    id integer PRIMARY KEY AUTOINCREMENT,
    args blob NOT NULL DEFAULT (jsonb('{}')),
    attempt integer NOT NULL DEFAULT 0,
    attempted_at timestamp,
    attempted_by blob, -- json
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    errors blob, -- json
    finalized_at timestamp,
    kind text NOT NULL,
    max_attempts integer NOT NULL DEFAULT 25,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    priority integer NOT NULL DEFAULT 1,
    queue text NOT NULL DEFAULT 'default',
    state text NOT NULL DEFAULT 'available',
    scheduled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tags blob NOT NULL DEFAULT (jsonb('[]')),
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
CREATE TABLE river_notification (
    id integer PRIMARY KEY AUTOINCREMENT,
    created_at timestamp NOT NULL DEFAULT (datetime('now', 'subsec')),
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (length(topic) > 0 AND length(topic) < 128)
);
CREATE TABLE river_queue (
    name text PRIMARY KEY NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    paused_at timestamp,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE unified_cancel_job (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			provider TEXT NOT NULL,
			kind TEXT NOT NULL,
			thing TEXT NOT NULL,
			state TEXT NOT NULL,
			version BIGINT NOT NULL,
			due_at BIGINT NOT NULL,
			working BIGINT NOT NULL DEFAULT 0,
			claimed_at BIGINT NOT NULL DEFAULT 0,
			settled_at BIGINT NOT NULL DEFAULT 0,
			stripped BIGINT NOT NULL DEFAULT 0,
			body TEXT NOT NULL
		);
CREATE TABLE unified_cancel_migration (version BIGINT PRIMARY KEY);
CREATE TABLE unified_cancel_pause (
			provider TEXT PRIMARY KEY,
			until BIGINT NOT NULL,
			failures BIGINT NOT NULL,
			who TEXT NOT NULL,
			why TEXT NOT NULL
		);
CREATE TABLE unified_cancel_rate (
			provider TEXT PRIMARY KEY,
			full_at BIGINT NOT NULL
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
CREATE INDEX river_notification_created_at_idx ON river_notification (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification (topic, id);
CREATE INDEX unified_cancel_job_due ON unified_cancel_job (provider, due_at, id, settled_at) WHERE due_at > 0;
CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job (provider, kind, thing) WHERE settled_at = 0;
CREATE INDEX unified_cancel_job_provider ON unified_cancel_job (provider, id);
CREATE INDEX unified_cancel_job_provider_state ON unified_cancel_job (provider, state, id);
CREATE INDEX unified_cancel_job_settled ON unified_cancel_job (stripped, settled_at, state) WHERE settled_at > 0;
CREATE INDEX unified_cancel_job_state ON unified_cancel_job (state, id);
CREATE INDEX unified_cancel_job_thing ON unified_cancel_job (thing, id);
INSERT INTO river_job VALUES (1, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.398', NULL, '2026-11-25 17:57:45.454', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71066303365633832373665373339333062', 1, 'cancel-v', 'completed', '2026-11-25 17:57:45.398', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (2, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.401', NULL, '2026-11-25 17:57:45.454', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71034393936653262343766336330616234', 1, 'cancel-v', 'completed', '2026-11-25 17:57:45.401', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (3, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.404', NULL, '2026-11-25 17:57:45.454', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71033653730346564616338353163373265', 1, 'cancel-v', 'completed', '2026-11-25 17:57:45.404', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (4, X'CC0F8770726F7669646572576272696566', 1, '2026-11-25 17:57:45.465', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.406', NULL, '2026-11-25 17:57:45.474', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71030323232613737643835323233336430', 1, 'cancel-brief', 'completed', '2026-11-25 17:57:45.406', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (5, X'CC0E8770726F76696465724764656166', 1, '2026-11-25 17:57:45.454', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.423', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71064656265633761363232316530353234', 1, 'cancel-deaf', 'running', '2026-11-25 17:57:45.423', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (6, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.426', NULL, '2026-11-25 17:57:45.454', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71032326636666630323533363236366538', 1, 'cancel-v', 'completed', '2026-11-25 17:57:45.426', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (7, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.428', NULL, '2026-11-25 17:57:45.454', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71063663265343565353965383030613531', 1, 'cancel-v', 'completed', '2026-11-25 17:57:45.428', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (8, X'BC8770726F76696465721776', 1, '2026-11-25 17:57:45.451', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.430', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71037306233386432323134353865626236', 1, 'cancel-v', 'running', '2026-11-25 17:57:45.430', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (9, X'CC108770726F7669646572676C6F636B6564', 1, '2026-11-25 17:57:45.462', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.433', NULL, '2026-11-25 17:57:45.489', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71062396630306636353865616265343538', 1, 'cancel-locked', 'completed', '2026-11-25 17:57:45.433', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (10, X'CC0E8770726F76696465724762757379', 1, '2026-11-25 17:57:45.445', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.435', NULL, '2026-11-25 17:57:45.447', 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71035373265363635313862336534383437', 1, 'cancel-busy', 'completed', '2026-11-25 17:57:45.435', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (11, X'CC0E8770726F76696465724762757379', 1, '2026-11-25 17:57:45.445', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.437', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71031643834656563353331326330376336', 1, 'cancel-busy', 'running', '2026-11-25 17:57:45.437', X'0B', NULL, NULL);
INSERT INTO river_job VALUES (12, X'CC138770726F766964657217766768656C70657201', 1, '2026-11-25 17:57:45.500', X'CB1FC71D766D5F323032365F31315F32355431375F35375F34355F333632343536', '2026-11-25 17:57:45.478', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71038336566333932343361343362373262', 1, 'cancel-v', 'running', '2026-11-25 17:57:45.478', X'0B', X'58440C4988F16AA8ECEC76406323D9FEB656BCACC0C95B36A9A468BB4630E00B', 241);
INSERT INTO river_job VALUES (13, X'CC1E8770726F7669646572676C6F636B6564276174A331373935363239353330', 0, NULL, NULL, '2026-11-25 17:57:45.487', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71036313038626332376230386465623435', 1, 'cancel-locked', 'scheduled', '2026-11-25 17:58:50.000', X'0B', X'7CCC23503E687C7B8FC535264E3BC016C9F8DAC2F9E0306AAF9BDD703544AC4E', 241);
INSERT INTO river_job VALUES (14, X'CC198770726F76696465721776276174A331373935363239353239', 0, NULL, NULL, '2026-11-25 17:57:45.490', NULL, NULL, 'unified_cancel', 32767, X'CC26C71272697665723A756E697175655F6E6F6E6365C71039626533373537656564616362613433', 1, 'cancel-v', 'scheduled', '2026-11-25 17:58:49.000', X'0B', X'0E1EBE8B47762F5FCDB11EDEE6061CCC492519F8A85378D935124F6FE92196BC', 241);
INSERT INTO river_leader VALUES ('2026-11-25 17:57:45.441', '2026-11-25 17:58:00.441', 'worker', 'default');
INSERT INTO river_migration VALUES ('main', 1, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 2, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 3, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 4, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 5, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 6, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 7, '2026-11-25 17:57:45');
INSERT INTO river_migration VALUES ('main', 8, '2026-11-25 17:57:45');
INSERT INTO river_notification VALUES (1, '2026-11-25 17:57:45.399', '{"queue": "cancel-v"}', 'river_insert');
INSERT INTO river_notification VALUES (2, '2026-11-25 17:57:45.406', '{"queue": "cancel-brief"}', 'river_insert');
INSERT INTO river_notification VALUES (3, '2026-11-25 17:57:45.423', '{"queue": "cancel-deaf"}', 'river_insert');
INSERT INTO river_notification VALUES (4, '2026-11-25 17:57:45.426', '{"queue": "cancel-v"}', 'river_insert');
INSERT INTO river_notification VALUES (5, '2026-11-25 17:57:45.433', '{"queue": "cancel-locked"}', 'river_insert');
INSERT INTO river_notification VALUES (6, '2026-11-25 17:57:45.435', '{"queue": "cancel-busy"}', 'river_insert');
INSERT INTO river_notification VALUES (7, '2026-11-25 17:57:45.478', '{"queue": "cancel-v"}', 'river_insert');
INSERT INTO river_queue VALUES ('cancel-busy', '2026-11-25 17:57:45.439', X'0C', NULL, '2026-11-25 17:57:45.439');
INSERT INTO river_queue VALUES ('cancel-v', '2026-11-25 17:57:45.442', X'0C', NULL, '2026-11-25 17:57:45.442');
INSERT INTO river_queue VALUES ('cancel-deaf', '2026-11-25 17:57:45.446', X'0C', NULL, '2026-11-25 17:57:45.446');
INSERT INTO river_queue VALUES ('cancel-locked', '2026-11-25 17:57:45.458', X'0C', NULL, '2026-11-25 17:57:45.458');
INSERT INTO river_queue VALUES ('cancel-brief', '2026-11-25 17:57:45.460', X'0C', NULL, '2026-11-25 17:57:45.460');
INSERT INTO unified_cancel_job VALUES (1, 'v', 'invoice', '0a1b2c3d-0000-4000-8000-00000000000a', 'done', 4409178483637454266, 0, 0, 1795629465453, 1795629465460, 0, '{"request":{"kind":"","id":"0A1B2C3D-0000-4000-8000-00000000000A","reason":"¿el \"pedido\" ''doble''?","motive":"02"},"enqueued_at":"2026-11-25T17:57:45.396497726Z","sent_at":"2026-11-25T17:57:45.453Z","told_at":"2026-11-25T17:57:45.473788197Z","sent":1,"result":{"Provider":"v","ID":"0A1B2C3D-0000-4000-8000-00000000000A","Kind":"invoice","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-25T17:57:45.460569329Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (2, 'v', 'payment', '1', 'failed', 4409178483637454266, 0, 0, 1795629465453, 1795629465460, 0, '{"request":{"kind":"","id":"1"},"enqueued_at":"2026-11-25T17:57:45.400920907Z","sent_at":"2026-11-25T17:57:45.453Z","told_at":"2026-11-25T17:57:45.473791773Z","sent":1,"failure":{"reason":"not found","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:45.460679229Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"not found"},{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (3, 'v', 'payment', '2', 'unknown', 4409178483637454266, 0, 0, 1795629465453, 1795629465460, 0, '{"request":{"kind":"","id":"2"},"enqueued_at":"2026-11-25T17:57:45.403217395Z","sent_at":"2026-11-25T17:57:45.453Z","told_at":"2026-11-25T17:57:45.473362886Z","sent":1,"failure":{"reason":"unexpected answer","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:45.460760693Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unexpected answer"}]}');
INSERT INTO unified_cancel_job VALUES (4, 'brief', 'payment', '3', 'forgotten', 3593165515176860642, 0, 0, 1795629465416, 1795629465417, 0, '{"request":{"kind":"","id":"3"},"enqueued_at":"2026-11-25T17:57:45.405528621Z","sent_at":"2026-11-25T17:57:45.409Z","pending_since":"2026-11-25T17:57:45.412158007Z","told_at":"2026-11-25T17:57:45.420815501Z","sent":1,"asked":1,"result":{"Provider":"brief","ID":"3","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-25T17:57:45.417671628Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","state":"pending"},{"request":{"kind":"","id":""},"provider":"","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (5, 'deaf', 'payment', '4', 'done', 2555866917636331102, 1795629467476, 0, 1795629465455, 1795629465470, 0, '{"request":{"kind":"","id":"4"},"enqueued_at":"2026-11-25T17:57:45.422568131Z","sent_at":"2026-11-25T17:57:45.455Z","undelivered":{"error":"told, and did not listen","at":"2026-11-25T17:57:45.475740919Z","times":1},"sent":1,"result":{"Provider":"deaf","ID":"4","Kind":"payment","State":"cancelled","Code":"201","Message":"Petición aceptada","Receipt":"PGFjdXNlLz4=","Raw":"AP8=","At":"2026-11-25T17:57:45.470975155Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8","receipt_sha256":"6c87033c45d906e813c8b50ddab34d1861e7249113e4208f2542156f250c71ac","code":"201","state":"cancelled"}]}');
INSERT INTO unified_cancel_job VALUES (6, 'v', 'payment', '5', 'pending', 4409178483637454265, 1795629765461, 0, 1795629465453, 0, 0, '{"request":{"kind":"","id":"5"},"enqueued_at":"2026-11-25T17:57:45.425199618Z","sent_at":"2026-11-25T17:57:45.453Z","pending_since":"2026-11-25T17:57:45.46047573Z","sent":1,"result":{"Provider":"v","ID":"5","Kind":"payment","State":"pending","Code":"","Message":"","Receipt":null,"Raw":null,"At":"2026-11-25T17:57:45.460466964Z"},"evidence":[{"request":{"kind":"","id":""},"provider":"","state":"pending"}]}');
INSERT INTO unified_cancel_job VALUES (7, 'v', 'payment', '6', 'in_doubt', 4010216704744802371, 1795629529956, 0, 1795629465471, 0, 0, '{"request":{"kind":"","id":"6"},"enqueued_at":"2026-11-25T17:57:45.427721745Z","sent_at":"2026-11-25T17:57:45.471Z","doubt_since":"2026-11-25T17:57:45.476562545Z","sent":1,"failure":{"reason":"unknown outcome","code":"c","http_status":500,"raw":"cg==","cause":"v 6: unavailable (code c, HTTP 500): m","at":"2026-11-25T17:57:45.476564168Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unknown outcome"},{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (8, 'v', 'payment', '7', 'queued', 805106176917709483, 1795629528633, 0, 1795629465480, 0, 0, '{"request":{"kind":"","id":"7"},"enqueued_at":"2026-11-25T17:57:45.430027831Z","sent_at":"2026-11-25T17:57:45.48Z","sent":1,"failure":{"reason":"unavailable","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:45.48416687Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"unavailable"}]}');
INSERT INTO unified_cancel_job VALUES (9, 'locked', 'payment', '8', 'queued', 1263148700684801454, 1795629529682, 0, 1795629465464, 0, 0, '{"request":{"kind":"","id":"8"},"enqueued_at":"2026-11-25T17:57:45.432182738Z","sent_at":"2026-11-25T17:57:45.464Z","sent":1,"failure":{"reason":"authentication failed","code":"c","message":"m","http_status":500,"raw":"cg==","at":"2026-11-25T17:57:45.47670129Z","times":1},"evidence":[{"request":{"kind":"","id":""},"provider":"","raw_sha256":"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1","code":"c","reason":"authentication failed"}]}');
INSERT INTO unified_cancel_job VALUES (10, 'busy', 'payment', '90', 'sending', 123680690554466657, 1795629816446, 1, 1795629465446, 0, 0, '{"request":{"kind":"","id":"90"},"enqueued_at":"2026-11-25T17:57:45.434571732Z"}');
INSERT INTO unified_cancel_job VALUES (11, 'busy', 'payment', '91', 'queued', 3371200725682874315, 1795629465436, 0, 0, 0, 0, '{"request":{"kind":"","id":"91"},"enqueued_at":"2026-11-25T17:57:45.436817283Z"}');
INSERT INTO unified_cancel_migration VALUES (1);
INSERT INTO unified_cancel_pause VALUES ('locked', 1795630365483, 1, '', '');
