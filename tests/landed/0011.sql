BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE alert_exceptions (
	exception_id CHAR(32) NOT NULL, 
	alert_id CHAR(32) NOT NULL, 
	over_told BOOLEAN NOT NULL, 
	CONSTRAINT pk_alert_exceptions PRIMARY KEY (exception_id), 
	CONSTRAINT fk_alert_exceptions_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT fk_alert_exceptions_exception_id FOREIGN KEY(exception_id) REFERENCES exceptions (id)
);
INSERT INTO "alert_exceptions" VALUES('019d33b1a605778087923986bb968a43','019d33e68a807fb4ba1890c78092b4d4',0);
CREATE TABLE alert_sends (
	alert_id CHAR(32) NOT NULL, 
	transport VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at DATETIME, 
	sent_at DATETIME, 
	last_error VARCHAR(500), 
	CONSTRAINT pk_alert_sends PRIMARY KEY (alert_id, transport), 
	CONSTRAINT fk_alert_sends_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id)
);
INSERT INTO "alert_sends" VALUES('019d33e68a807fb4ba1890c78092b4d4','mail','waiting',0,'2026-03-28 10:04:00.000000',NULL,NULL);
CREATE TABLE alerts (
	id CHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	text TEXT NOT NULL, 
	data JSON NOT NULL, 
	made_at DATETIME NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('019d33e68a807fb4ba1890c78092b4d4','urgent','North can''t be reached','North can''t be reached
Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.
http://127.0.0.1:8000/v1/exceptions/019d33b1-a605-7780-8792-3986bb968a43

All that waits for you: http://127.0.0.1:8000/v1/exceptions?open=true','{"causes":[{"cause":"channel_unreachable","happened":"A shop can''t be reached","count":1,"advice":"Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.","url":"http://127.0.0.1:8000/v1/exceptions/019d33b1-a605-7780-8792-3986bb968a43","exceptions":[{"id":"019d33b1-a605-7780-8792-3986bb968a43","title":"North can''t be reached","url":"http://127.0.0.1:8000/v1/exceptions/019d33b1-a605-7780-8792-3986bb968a43"}]}],"over":[]}','2026-03-28 10:04:00.000000');
CREATE TABLE allotments (
	counter_id CHAR(32) NOT NULL, 
	location_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_allotments PRIMARY KEY (counter_id, location_id), 
	CONSTRAINT ck_allotments_quantity_not_negative CHECK (quantity >= 0), 
	CONSTRAINT fk_allotments_counter_id FOREIGN KEY(counter_id) REFERENCES counters (id), 
	CONSTRAINT fk_allotments_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_allotments_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "allotments" VALUES('019d33abf280761ba1988ad9f06c144a','019d33abf28071038386bbc4cd613e30','019d33abf28079b9aec9d28663ca828d',4);
CREATE TABLE channels (
	id CHAR(32) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	settings JSON NOT NULL, 
	credentials TEXT NOT NULL, 
	capabilities JSON, 
	account VARCHAR(200), 
	location_ids JSON NOT NULL, 
	weight INTEGER DEFAULT '100' NOT NULL, 
	min_share INTEGER DEFAULT '0' NOT NULL, 
	lot INTEGER DEFAULT '1' NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, leaving_at DATETIME, 
	CONSTRAINT pk_channels PRIMARY KEY (id)
);
INSERT INTO "channels" VALUES('019d33abf28073ab8d447e35b8b6d8fe','memory','North','disconnected','{}','gAAAAABpx5iQ6EvYVDC85iVr4ljD7mSa5oSyQ8NmGg1VfHFJxgK3oBZzUlZMsnjGypdqbEz2c_WYG9czmcgnAUuxQ2bT5e9z3cOTIKN-DM0Aqn-XdvIlfQk=','{"write_mode":"compare_and_set","keyed":true,"counts_down_at":"placed","refuses_below_zero":"always","feed_lag_s":5.0,"feed_overlap_s":10.0,"poll_every_s":300.0,"read_lag_s":0.0,"late_write_s":900.0,"key_life_s":86400.0,"remembers_failures":true,"replies_quantity":true,"limited_has_no_effect":false,"deferred":false,"zero":"harmless","zero_costs":null,"drains":false,"batch":1,"hold_s":3600.0,"subscribes":true,"tells_put_back":true,"budgets":[],"currency":"EUR","account":null,"shop_name":null,"locations":{},"missing_scopes":[],"warnings":[]}',NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',100,0,1,4,'2026-03-28 09:00:00.000000','2026-03-28 10:34:00.000000',NULL);
CREATE TABLE commitments (
	id CHAR(32) NOT NULL, 
	order_id CHAR(32) NOT NULL, 
	line_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	location_id CHAR(32), 
	quantity INTEGER NOT NULL, 
	shipped INTEGER NOT NULL, 
	location_ids JSON, 
	unit_cost BIGINT, 
	unit_cost_currency VARCHAR(3), 
	promised_at DATETIME NOT NULL, state VARCHAR(16) DEFAULT 'committed' NOT NULL, 
	CONSTRAINT pk_commitments PRIMARY KEY (id), 
	CONSTRAINT ck_commitments_quantity_not_negative CHECK (quantity >= 0), 
	CONSTRAINT ck_commitments_shipped_not_negative CHECK (shipped >= 0), 
	CONSTRAINT fk_commitments_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_commitments_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_commitments_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_commitments_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "commitments" VALUES('019d33adc74072f899999e3fa46d6753','019d33adc7407d65aa8ac4ba05805975','019d33adc7407ec28e73ca47ea90a8f0','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0,2,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',NULL,NULL,'2026-03-28 09:02:00.000000','committed');
INSERT INTO "commitments" VALUES('019d33adc7407b63b9270f4eb8b333a8','019d33adc74071ed8be03db0dc2574bd','019d33adc7407e55952b82f6be3edc0a','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,0,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',NULL,NULL,'2026-03-28 09:02:00.000000','committed');
INSERT INTO "commitments" VALUES('019d34a8ae897909aa8a43ef28804790','019d34a8ae897ead8f73fd941391f9b9','019d34a8ae897be58c41d9c0f07534fe','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',3,0,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',700,'EUR','2026-03-28 13:36:03.209856','committed');
INSERT INTO "commitments" VALUES('019d350701ea75d584480030f3c668b1','019d350701ea760fad192da3c82ad589','019d350701ea78ce921ebce6139f7110','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 15:19:04.938240','committed');
INSERT INTO "commitments" VALUES('019d350701ea79058ba955f3e4096150','019d350701ea760fad192da3c82ad589','019d350701ea714e90e32e8239455353','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 15:19:04.938240','committed');
INSERT INTO "commitments" VALUES('019d350d6b0571d8a97a21d76bc78bf5','019d350d6b05703aaba018ea9d19ee45','019d350d6b0571d5a9dd649317788b95','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',0,2,'null',310,'EUR','2026-03-28 15:26:05.061696','committed');
INSERT INTO "commitments" VALUES('019d351a3d3c702886faadb10a248cff','019d351a3d3c719990806f017a1d556c','019d351a3d3c7516a6ecc31f35263b45','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,1,'null',310,'EUR','2026-03-28 15:40:05.308608','committed');
INSERT INTO "commitments" VALUES('019d352d788e75b2a96dfb2c780b25d9','019d352d788e7e43bade312dc725bd97','019d352d788e7b039e1bf0cd8afc5bee','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',0,0,'null',700,'EUR','2026-03-28 16:01:05.678976','committed');
INSERT INTO "commitments" VALUES('019d353a4ac57f75a3f666e03a389b09','019d353a4ac5772b80d76560fbbe9381','019d353a4ac57932a6ea2981172a4012','019d340ed3f67de9bb297d0b0e5e18ba',NULL,2,0,'null',NULL,NULL,'2026-03-28 16:15:05.925888','committed');
INSERT INTO "commitments" VALUES('019d353a4ac5753c8a8266954e896a65','019d353a4ac5772b80d76560fbbe9381','019d353a4ac57f0d96c11669a4ba3161','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 16:15:05.925888','committed');
INSERT INTO "commitments" VALUES('019d3540b3e178b499d7b4035596dfde','019d353a4ac5772b80d76560fbbe9381','019d353a4ac57932a6ea2981172a4012','019d340ed3f67de9bb297d0b0e5e18ba','019d33abf28071038386bbc4cd613e30',1,0,'null',NULL,NULL,'2026-03-28 16:15:05.925888','committed');
INSERT INTO "commitments" VALUES('019d35471cfc7de28d1bc13a449fd49b','019d35471cfc7cec85373b76385c1b33','019d35471cfc7129a6daa3653e67026c','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 16:29:06.172800','committed');
INSERT INTO "commitments" VALUES('019d356d93267408bf4ed95aaaf38c2f','019d356d93267286899918a76ec15d38','019d356d93267dcab6febc3a0c6e5973','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 17:11:06.790080','committed');
CREATE TABLE consents (
	state_hash VARCHAR(64) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	kept TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_consents PRIMARY KEY (state_hash), 
	CONSTRAINT fk_consents_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id)
);
INSERT INTO "consents" VALUES('9cfd94e64b61c47adede4ed7342b394ee19f7875eb8ece9bb847a159700fd0b5','019d33abf28073ab8d447e35b8b6d8fe','memory','gAAAAABpx6eQT-R1QmZw4YSB1CiUidQvoJr5VcCzcqLxVwrTTyumYqb7ptW2JR84cRHJo7Kjzeba2UDGFg2Pp8g1mbi0l5m1pQ==','2026-03-28 10:19:00.000000',NULL);
CREATE TABLE contacts (
	id CHAR(32) NOT NULL, 
	buyer_id CHAR(32), 
	name VARCHAR(320), 
	company VARCHAR(320), 
	email VARCHAR(320), 
	phone VARCHAR(320), 
	line1 VARCHAR(320), 
	line2 VARCHAR(320), 
	city VARCHAR(320), 
	region VARCHAR(320), 
	postal_code VARCHAR(320), 
	country VARCHAR(320), 
	created_at DATETIME NOT NULL, 
	erased_at DATETIME, known_as VARCHAR(320), 
	CONSTRAINT pk_contacts PRIMARY KEY (id), 
	CONSTRAINT fk_contacts_buyer_id FOREIGN KEY(buyer_id) REFERENCES contacts (id)
);
INSERT INTO "contacts" VALUES('019d350d6b0573d4b01ba9880a3efb80',NULL,'Ada Buyer','Kiln & Co','ada@example.org','+44 1782 000000',NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:26:05.061696',NULL,NULL);
INSERT INTO "contacts" VALUES('019d350d6b057963bcf7f49dc91752a3','019d350d6b0573d4b01ba9880a3efb80','Ada Buyer',NULL,NULL,NULL,'1 Kiln Lane','Yard','Stoke',NULL,'ST1 1AA','GB','2026-03-28 15:26:05.061696',NULL,NULL);
INSERT INTO "contacts" VALUES('019d3553ef337aa7b3009a5c825f8542',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:43:06.419712','2026-03-28 16:50:06.543168',NULL);
INSERT INTO "contacts" VALUES('019d3553ef337c68adf810b92c599859','019d3553ef337aa7b3009a5c825f8542',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:43:06.419712','2026-03-28 16:50:06.543168',NULL);
CREATE TABLE counters (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	external_id VARCHAR(200) NOT NULL, 
	unit VARCHAR(200) NOT NULL, 
	sku_id CHAR(32), 
	per INTEGER NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	shown INTEGER NOT NULL, 
	below INTEGER NOT NULL, 
	held INTEGER NOT NULL, 
	exposed INTEGER NOT NULL, 
	known BOOLEAN NOT NULL, 
	protected BOOLEAN NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	why VARCHAR(500), 
	target INTEGER, 
	due_at DATETIME, 
	attempts INTEGER NOT NULL, 
	rebase_at DATETIME, 
	stale_at INTEGER, 
	excess_cause VARCHAR(16), 
	switched_at DATETIME, 
	reading INTEGER, 
	read_at DATETIME, 
	rate FLOAT DEFAULT '0' NOT NULL, 
	rate_at DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY (id), 
	CONSTRAINT ck_counters_below_not_negative CHECK (below >= 0), 
	CONSTRAINT ck_counters_held_not_negative CHECK (held >= 0), 
	CONSTRAINT ck_counters_per_positive CHECK (per > 0), 
	CONSTRAINT fk_counters_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_counters_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id), 
	CONSTRAINT uq_counters_channel_id_external_id UNIQUE (channel_id, external_id)
);
INSERT INTO "counters" VALUES('019d33abf280761ba1988ad9f06c144a','019d33abf28073ab8d447e35b8b6d8fe','BOWL','BOWL','019d33abf28079b9aec9d28663ca828d',1,'BOWL',4,0,0,0,1,1,'active',NULL,7,NULL,0,NULL,NULL,NULL,'2026-03-28 09:00:05.000000',4,'2026-03-28 10:19:00.000000',4.28571428571428547638e-01,'2026-03-28 09:02:00.000000','2026-03-28 09:00:00.000000','2026-03-28 10:19:05.000000');
CREATE TABLE deliveries (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	identity VARCHAR(200) NOT NULL, 
	topic VARCHAR(100) NOT NULL, 
	sealed TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	repeats INTEGER NOT NULL, 
	due_at DATETIME NOT NULL, 
	error VARCHAR(500), 
	received_at DATETIME NOT NULL, 
	handled_at DATETIME, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT uq_deliveries_channel_id_identity UNIQUE (channel_id, identity)
);
INSERT INTO "deliveries" VALUES('019d33adc740775b82cd789a380208a9','019d33abf28073ab8d447e35b8b6d8fe','a908f2af15ecd80097065677da50960f7520f8eb092b6c9fab8a1201f324db79','order','gAAAAABpx5kIlGsHAfju3ivTADWZvrfE7LWxvoqt4cu2Celj4LtASNNF_jcehXEbM2yHYv2Jvc5Y7-k_rkYlPaoCbW7sDmiWBr44TE3d7h9C690jGZ4NtdWmHk0JVozY-KcNurIkRk6veTJD2qA2Kh5S4Qfmg8LOmzCh0FAeAYHDQdD0siAONR05_TaU4W_U7bREw66VOxqFBGdAYJUaGIm9crty_n0FKGYqaeo00o7S43IifszRYKF1GnJMcvO8BX0DZtsh-FX0ESQVGylrRYCdhyRu2fkfiA==',39,'done',1,0,'2026-03-28 09:02:00.000000',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "deliveries" VALUES('019d33adc7407ed18a2f20aaf3c64af7','019d33abf28073ab8d447e35b8b6d8fe','3a527a67e823d8e5fd4ee34dbc51666fd7c0b94c3d86223d06e3c871f5d6ed50','order','gAAAAABpx5kIc4hJuRKTpSeeB73qJ7vX9P8OK8G3ZvB9e50UXT4V00dJJRPa0znczszOcmqBkwXJfh6T5rj2Q2hkoHiD5VUy32zYfbXhdaPHkTKVJKqJrEAAVz1sYVHGYm4dJdUODs8_Gf_IfR9gGfflULGVsb5FjH3Ix8jfMvnDSHneu4lxM75VBX7b8UgSvfJmFBrWV9uVh3nVqvesF0sTXqLhU2Djqsk-JQnWasxqlpD23eELYAJTNFPE6ZeLlagVrBCwT26ueBQHYHtSuDtMESPEEcARBQ==',39,'done',1,0,'2026-03-28 09:02:00.000000',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
CREATE TABLE events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	tx BIGINT DEFAULT '0' NOT NULL, 
	type VARCHAR(64) NOT NULL, 
	subject CHAR(32), 
	data JSON NOT NULL, 
	actor VARCHAR(120) NOT NULL, 
	cause_kind VARCHAR(32), 
	cause_id CHAR(32), 
	at DATETIME NOT NULL
);
INSERT INTO "events" VALUES(1,0,'location.created','019d33abf28071038386bbc4cd613e30','{"code":"STUDIO","name":"Studio"}','store',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(2,0,'product.created','019d33abf2807d5fa4b06ce60741c7a8','{"title":"Bowl"}','token:owner',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(3,0,'sku.created','019d33abf28079b9aec9d28663ca828d','{"code":"BOWL","product_id":"019d33ab-f280-7d5f-a4b0-6ce60741c7a8"}','token:owner',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(4,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ab-f280-7441-b204-e52db2221a58","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":9,"source":"supplier","target":"available","reason":"fired"}]}','token:owner',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(5,0,'channel.connected','019d33abf28073ab8d447e35b8b6d8fe','{"kind":"memory","name":"North"}','simulation',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(6,0,'channel.changed','019d33abf28073ab8d447e35b8b6d8fe','{"changes":{"status":"live"}}','simulation',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(7,0,'listing.mapped','019d33abf28070268a9a021ea648a7dd','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","by":"code"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:00:00.000000');
INSERT INTO "events" VALUES(8,0,'counter.read','019d33abf2807076b9d179e06c0fd4f5','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":0,"shown":0}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:00:05.000000');
INSERT INTO "events" VALUES(9,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ac-0608-7c38-b8c0-c8fd8712b8bc","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":5,"source":"available","target":"allotted","reason":"allotted"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:00:05.000000');
INSERT INTO "events" VALUES(10,0,'counter.written','019d33ac06087584bbab6c398d88348a','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"compare_and_set","outcome":"done","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":5,"value":5,"shown":5}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:00:05.000000');
INSERT INTO "events" VALUES(11,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-7b97-be17-5330a11d459a","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"allotted","target":"committed","reason":"sold"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407d65aa8ac4ba05805975','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(12,0,'order.placed','019d33adc7407d65aa8ac4ba05805975','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M1","reference":"#M1","status":"open","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7ec2-8e73-ca47ea90a8f0","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":2,"cancelled":0,"shipped":0}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407d65aa8ac4ba05805975','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(13,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-7f7b-afba-91fc803468b6","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"allotted","target":"committed","reason":"sold"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc74071ed8be03db0dc2574bd','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(14,0,'order.placed','019d33adc74071ed8be03db0dc2574bd','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M2","reference":"#M2","status":"open","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7e55-952b-82f6be3edc0a","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":1,"cancelled":0,"shipped":0}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc74071ed8be03db0dc2574bd','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(15,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-7d46-81f9-c1f66c0f3459","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"allotted","reason":"allotted"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(16,0,'counter.written','019d33adc740796588beab134da98f1d','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"compare_and_set","outcome":"done","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":2,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(17,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ae-b1a0-78c5-9dfb-d3d12c4a3698","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d33aeb1a077ac88d6af57da711448','2026-03-28 09:03:00.000000');
INSERT INTO "events" VALUES(18,0,'order.shipped','019d33adc7407d65aa8ac4ba05805975','{"shipment_id":"019d33ae-b1a0-77ac-88d6-af57da711448","carrier":"DHL","tracking_number":"00340434161094042558","lines":[{"line_id":"019d33ad-c740-7ec2-8e73-ca47ea90a8f0","quantity":2}]}','token:owner','shipment','019d33aeb1a077ac88d6af57da711448','2026-03-28 09:03:00.000000');
INSERT INTO "events" VALUES(19,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33af-9c00-75fe-bcfb-b050acab1a6b","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"supplier","target":"available","reason":"fired"}]}','token:owner',NULL,NULL,'2026-03-28 09:04:00.000000');
INSERT INTO "events" VALUES(20,0,'exception.opened','019d33b1a605778087923986bb968a43','{"cause":"channel_unreachable","severity":"warning","title":"North can''t be reached","channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:06:13.637808');
INSERT INTO "events" VALUES(21,0,'channel.changed','019d33abf28073ab8d447e35b8b6d8fe','{"changes":{"status":"recovering"}}','restore',NULL,NULL,'2026-03-28 10:04:00.000000');
INSERT INTO "events" VALUES(22,0,'store.recovering',NULL,'{"epoch":2,"why":"restored","knows_until":"2026-03-28T09:06:13.637808+00:00"}','restore',NULL,NULL,'2026-03-28 10:04:00.000000');
INSERT INTO "events" VALUES(23,0,'exception.opened','019d33e68a80758283868a29678a5aa3','{"cause":"recovering","severity":"urgent","title":"Nothing is written to your shops: this store may be older than they are","channel_id":null}','restore',NULL,NULL,'2026-03-28 10:04:00.000000');
INSERT INTO "events" VALUES(24,0,'order.changed','019d33adc7407d65aa8ac4ba05805975','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M1","reference":"#M1","status":"shipped","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7ec2-8e73-ca47ea90a8f0","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":2,"cancelled":0,"shipped":2}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407d65aa8ac4ba05805975','2026-03-28 10:04:00.000000');
INSERT INTO "events" VALUES(25,0,'exception.closed','019d33b1a605778087923986bb968a43','{"by":null}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:04:00.000000');
INSERT INTO "events" VALUES(26,0,'counter.read','019d33e68a807e8db589a82b5a702cfa','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:04:05.000000');
INSERT INTO "events" VALUES(27,0,'counter.read','019d33f446207babb50592859be3cecb','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:19:05.000000');
INSERT INTO "events" VALUES(28,0,'channel.changed','019d33abf28073ab8d447e35b8b6d8fe','{"changes":{"status":"disconnected"}}','token:owner',NULL,NULL,'2026-03-28 10:34:00.000000');
INSERT INTO "events" VALUES(29,0,'location.created','019d34086adb7bdbb03edca7e2dcaa37','{"code":"Stall/1","name":"Market stall"}','token:owner',NULL,NULL,'2026-03-28 10:41:00.123456');
INSERT INTO "events" VALUES(30,0,'product.created','019d340ed3f678fb8703806984c81999','{"title":"Mug"}','token:owner',NULL,NULL,'2026-03-28 10:48:00.246912');
INSERT INTO "events" VALUES(31,0,'sku.created','019d340ed3f67f31ad14475b349aae90','{"code":"MUG-BLUE","product_id":"019d340e-d3f6-78fb-8703-806984c81999"}','token:owner',NULL,NULL,'2026-03-28 10:48:00.246912');
INSERT INTO "events" VALUES(32,0,'sku.created','019d340ed3f67de9bb297d0b0e5e18ba','{"code":"Becher grün #2","product_id":"019d340e-d3f6-78fb-8703-806984c81999"}','token:owner',NULL,NULL,'2026-03-28 10:48:00.246912');
INSERT INTO "events" VALUES(33,0,'product.created','019d34153d127813b0e642f43328ad08','{"title":"Plate"}','token:owner',NULL,NULL,'2026-03-28 10:55:00.370368');
INSERT INTO "events" VALUES(34,0,'sku.created','019d341ba62d7589aa17b9af5b569643','{"code":"PLATE","product_id":"019d3415-3d12-7813-b0e6-42f43328ad08"}','token:owner',NULL,NULL,'2026-03-28 11:02:00.493824');
INSERT INTO "events" VALUES(35,0,'product.created','019d34220f4979cf89546b439f9d0129','{"title":"Glaze recipes"}','token:owner',NULL,NULL,'2026-03-28 11:09:00.617280');
INSERT INTO "events" VALUES(36,0,'sku.created','019d34220f497999b5491bc354c56c9a','{"code":"PDF","product_id":"019d3422-0f49-79cf-8954-6b439f9d0129"}','token:owner',NULL,NULL,'2026-03-28 11:09:00.617280');
INSERT INTO "events" VALUES(37,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3428-7864-78cc-ad5d-b79ba2a7ae1f","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:16:00.740736');
INSERT INTO "events" VALUES(38,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d342e-e180-78d3-8c66-7e971773308c","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:23:00.864192');
INSERT INTO "events" VALUES(39,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3435-4a9b-7085-815a-f341ee52bdb6","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":6,"source":"supplier","target":"quality_control","reason":"supplier to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 11:30:00.987648');
INSERT INTO "events" VALUES(40,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d343b-b3b7-7de0-954e-d51212093d26","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"available","reason":"adjustment to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:37:01.111104');
INSERT INTO "events" VALUES(41,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3442-1cd2-747f-816e-2284c10faa40","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"damaged","reason":"adjustment to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:44:01.234560');
INSERT INTO "events" VALUES(42,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3448-85ee-72f6-9ff3-078fcc1b0c3e","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"adjustment","reason":"available to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 11:51:01.358016');
INSERT INTO "events" VALUES(43,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d344e-ef09-7414-a8dd-37eb2adf559a","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:58:01.481472');
INSERT INTO "events" VALUES(44,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3455-5824-7a5d-85dd-b87da81aa40a","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"supplier","reason":"available to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 12:05:01.604928');
INSERT INTO "events" VALUES(45,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d345b-c140-77f1-926e-b523b3df44a4","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"adjustment","reason":"customer to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 12:12:01.728384');
INSERT INTO "events" VALUES(46,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3462-2a5b-757d-a2f5-680c4fdf8e1a","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"available","reason":"customer to available"}]}','token:owner',NULL,NULL,'2026-03-28 12:19:01.851840');
INSERT INTO "events" VALUES(47,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3468-9377-740c-9bd7-ce734227de21","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"damaged","reason":"customer to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:26:01.975296');
INSERT INTO "events" VALUES(48,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d346e-fc92-7f70-b586-fca7fa0b8518","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"quality_control","reason":"customer to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 12:33:02.098752');
INSERT INTO "events" VALUES(49,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3475-65ae-7398-8554-55e8f9bddea5","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:40:02.222208');
INSERT INTO "events" VALUES(50,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d347b-cec9-7f5a-b805-99e9090b20bb","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"adjustment","reason":"damaged to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 12:47:02.345664');
INSERT INTO "events" VALUES(51,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3482-37e5-76d2-ad9c-edde819d7ca7","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:54:02.469120');
INSERT INTO "events" VALUES(52,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3488-a100-7a17-b9c0-8feffa1b1bf1","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"available","reason":"damaged to available"}]}','token:owner',NULL,NULL,'2026-03-28 13:01:02.592576');
INSERT INTO "events" VALUES(53,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d348f-0a1c-7860-b923-5bc0736a947a","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 13:08:02.716032');
INSERT INTO "events" VALUES(54,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3495-7337-7cda-936a-a40cacc66a57","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"supplier","reason":"damaged to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 13:15:02.839488');
INSERT INTO "events" VALUES(55,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d349b-dc52-7bcc-8f0c-8a896d21f4cd","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"available","reason":"quality_control to available"}]}','token:owner',NULL,NULL,'2026-03-28 13:22:02.962944');
INSERT INTO "events" VALUES(56,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d34a2-456e-70c3-a023-033d364e433f","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"damaged","reason":"quality_control to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 13:29:03.086400');
INSERT INTO "events" VALUES(57,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34a8-ae89-7020-a161-5022409a8a78","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34a8ae897ead8f73fd941391f9b9','2026-03-28 13:36:03.209856');
INSERT INTO "events" VALUES(58,0,'order.placed','019d34a8ae897ead8f73fd941391f9b9','{"reference":"WEB-1000","lines":[{"line_id":"019d34a8-ae89-7be5-8c41-d9c0f07534fe","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","quantity":3}],"total":{"amount":6000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34a8ae897ead8f73fd941391f9b9','2026-03-28 13:36:03.209856');
INSERT INTO "events" VALUES(59,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34af-17a5-7e6b-b652-d00837b4000b","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"adjustment","reason":"stocktake"}]}','token:owner','count','019d34af17a57d1e973082d609b4e5d2','2026-03-28 13:43:03.333312');
INSERT INTO "events" VALUES(60,0,'stock.counted','019d34af17a57d1e973082d609b4e5d2','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d34af17a57d1e973082d609b4e5d2','2026-03-28 13:43:03.333312');
INSERT INTO "events" VALUES(61,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d34b5-80c0-7b43-87af-3626f9495568","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"stocktake"}]}','token:owner','count','019d34b580c07deb9e26e655d3f21dcc','2026-03-28 13:50:03.456768');
INSERT INTO "events" VALUES(62,0,'stock.counted','019d34b580c07deb9e26e655d3f21dcc','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d34b580c07deb9e26e655d3f21dcc','2026-03-28 13:50:03.456768');
INSERT INTO "events" VALUES(63,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34bb-e9dc-792c-b4ac-cd781959b9ef","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":5,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 13:57:03.580224');
INSERT INTO "events" VALUES(64,0,'transfer.sent','019d34bbe9dc758cb34de73d60c290d0','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37"}','token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 13:57:03.580224');
INSERT INTO "events" VALUES(65,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34c2-52f7-77e0-b1b1-c27e976699cc","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37","quantity":5,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 14:04:03.703680');
INSERT INTO "events" VALUES(66,0,'transfer.received','019d34bbe9dc758cb34de73d60c290d0','{"units":5}','token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 14:04:03.703680');
INSERT INTO "events" VALUES(67,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34c8-bc13-7534-8467-3b757ff2e341","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:11:03.827136');
INSERT INTO "events" VALUES(68,0,'transfer.sent','019d34c8bc1378118bcb6b2263db01fc','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37"}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:11:03.827136');
INSERT INTO "events" VALUES(69,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34cf-252e-7049-8806-aa81e65150b5","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37","quantity":2,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:18:03.950592');
INSERT INTO "events" VALUES(70,0,'transfer.received','019d34c8bc1378118bcb6b2263db01fc','{"units":2}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:18:03.950592');
INSERT INTO "events" VALUES(71,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d34d5-8e4a-7fcb-8fa6-cf3e53e6d093","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37","quantity":2,"source":"transit","target":"adjustment","reason":"lost"}]}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:25:04.074048');
INSERT INTO "events" VALUES(72,0,'transfer.lost','019d34c8bc1378118bcb6b2263db01fc','{"units":2}','token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:25:04.074048');
INSERT INTO "events" VALUES(73,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d34db-f765-718a-aca9-1679443baac5","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34dbf7657369ade2b33b56cef8ec','2026-03-28 14:32:04.197504');
INSERT INTO "events" VALUES(74,0,'transfer.sent','019d34dbf7657369ade2b33b56cef8ec','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3408-6adb-7bdb-b03e-dca7e2dcaa37"}','token:owner','transfer','019d34dbf7657369ade2b33b56cef8ec','2026-03-28 14:32:04.197504');
INSERT INTO "events" VALUES(75,0,'stock.moved',NULL,'{"moves":[{"id":"019d34e2-6080-7aff-9673-0839e1e48557","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34e2-6080-7c49-bc08-1bb788c9da8a","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34e260807ea198068a9d8c31406d','2026-03-28 14:39:04.320960');
INSERT INTO "events" VALUES(76,0,'reservation.held','019d34e260807ea198068a9d8c31406d','{"expires_at":"2026-04-27T14:39:04.320960+00:00"}','token:owner',NULL,NULL,'2026-03-28 14:39:04.320960');
INSERT INTO "events" VALUES(77,0,'stock.moved',NULL,'{"moves":[{"id":"019d34e8-c99c-72b4-a20d-672b15ad9a9d","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34e8-c99c-789f-a936-7ed92aa3300b","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34e8c99c70a6b9b8163510b8fe22','2026-03-28 14:46:04.444416');
INSERT INTO "events" VALUES(78,0,'reservation.held','019d34e8c99c70a6b9b8163510b8fe22','{"expires_at":"2026-03-29T14:46:04.444416+00:00"}','token:owner',NULL,NULL,'2026-03-28 14:46:04.444416');
INSERT INTO "events" VALUES(79,0,'stock.moved',NULL,'{"moves":[{"id":"019d34ef-32b7-75e1-815a-c400d7547080","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34ef-32b7-71d1-971c-eeee56befa39","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 14:53:04.567872');
INSERT INTO "events" VALUES(80,0,'reservation.held','019d34ef32b7781a99a74924550d40dd','{"expires_at":"2026-03-29T14:53:04.567872+00:00"}','token:owner',NULL,NULL,'2026-03-28 14:53:04.567872');
INSERT INTO "events" VALUES(81,0,'stock.moved',NULL,'{"moves":[{"id":"019d34f5-9bd3-7e32-b711-5c02f44d7e40","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34f5-9bd3-7944-a2a6-08bf7d2186d3","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:00:04.691328');
INSERT INTO "events" VALUES(82,0,'reservation.held','019d34f59bd37c7a9a9e994cf1a9a658','{"expires_at":"2026-03-28T15:01:04.691328+00:00"}','token:owner',NULL,NULL,'2026-03-28 15:00:04.691328');
INSERT INTO "events" VALUES(83,0,'stock.moved',NULL,'{"moves":[{"id":"019d34fc-04ee-7680-8a04-ef48521b18a9","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"released"},{"id":"019d34fc-04ee-7dd9-a156-c4df12bccdcb","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"released"}]}','token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 15:07:04.814784');
INSERT INTO "events" VALUES(84,0,'reservation.released','019d34ef32b7781a99a74924550d40dd','{}','token:owner',NULL,NULL,'2026-03-28 15:07:04.814784');
INSERT INTO "events" VALUES(85,0,'stock.moved',NULL,'{"moves":[{"id":"019d3500-98ce-725b-89c1-ffeffdc1786b","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"lapsed"},{"id":"019d3500-98ce-7574-a001-2170d418f7af","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"lapsed"}]}','housekeeping','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:12:04.814784');
INSERT INTO "events" VALUES(86,0,'reservation.lapsed','019d34f59bd37c7a9a9e994cf1a9a658','{}','housekeeping',NULL,NULL,'2026-03-28 15:12:04.814784');
INSERT INTO "events" VALUES(87,0,'reservation.used','019d34e8c99c70a6b9b8163510b8fe22','{}','token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240');
INSERT INTO "events" VALUES(88,0,'stock.moved',NULL,'{"moves":[{"id":"019d3507-01ea-71d7-acd1-345e88c780f6","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"},{"id":"019d3507-01ea-746f-a592-067375305db7","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"hold_left_over"},{"id":"019d3507-01ea-70bb-8979-cb061b943cfc","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"}]}','token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240');
INSERT INTO "events" VALUES(89,0,'order.placed','019d350701ea760fad192da3c82ad589','{"reference":null,"lines":[{"line_id":"019d3507-01ea-78ce-921e-bce6139f7110","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":1},{"line_id":"019d3507-01ea-714e-90e3-2e8239455353","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","quantity":1}],"total":{"amount":3250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240');
INSERT INTO "events" VALUES(90,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d350d-6b05-7ae4-aad9-a40a736ebf51","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d350d6b05703aaba018ea9d19ee45','2026-03-28 15:26:05.061696');
INSERT INTO "events" VALUES(91,0,'order.placed','019d350d6b05703aaba018ea9d19ee45','{"reference":null,"lines":[{"line_id":"019d350d-6b05-71d5-a9dd-649317788b95","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":2},{"line_id":"019d350d-6b05-7ca3-a293-4bf1d37c9961","sku_id":"019d3422-0f49-7999-b549-1bc354c56c9a","quantity":1}],"total":{"amount":3642,"currency":"EUR"},"contact_id":"019d350d-6b05-73d4-b01b-a9880a3efb80","sold":false,"test":false}','token:owner','order','019d350d6b05703aaba018ea9d19ee45','2026-03-28 15:26:05.061696');
INSERT INTO "events" VALUES(92,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3513-d421-74b7-917f-6494e8c2d219","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d3513d42176f49a5356b5d85328b6','2026-03-28 15:33:05.185152');
INSERT INTO "events" VALUES(93,0,'order.shipped','019d350d6b05703aaba018ea9d19ee45','{"shipment_id":"019d3513-d421-76f4-9a53-56b5d85328b6","carrier":"DHL","tracking_number":"00340434161094042557","lines":[{"line_id":"019d350d-6b05-71d5-a9dd-649317788b95","quantity":2},{"line_id":"019d350d-6b05-7ca3-a293-4bf1d37c9961","quantity":1}]}','token:owner','shipment','019d3513d42176f49a5356b5d85328b6','2026-03-28 15:33:05.185152');
INSERT INTO "events" VALUES(94,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d351a-3d3c-7ecf-bb8a-99a2c96fa758","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:40:05.308608');
INSERT INTO "events" VALUES(95,0,'order.placed','019d351a3d3c719990806f017a1d556c','{"reference":null,"lines":[{"line_id":"019d351a-3d3c-7516-a6ec-c31f35263b45","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":4}],"total":{"amount":5000,"currency":"EUR"},"contact_id":"019d350d-6b05-73d4-b01b-a9880a3efb80","sold":false,"test":false}','token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:40:05.308608');
INSERT INTO "events" VALUES(96,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3520-a658-7513-a9d4-0f2b106ee2ab","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d3520a6587641b32902f451fbfcc7','2026-03-28 15:47:05.432064');
INSERT INTO "events" VALUES(97,0,'order.shipped','019d351a3d3c719990806f017a1d556c','{"shipment_id":"019d3520-a658-7641-b329-02f451fbfcc7","carrier":null,"tracking_number":null,"lines":[{"line_id":"019d351a-3d3c-7516-a6ec-c31f35263b45","quantity":1}]}','token:owner','shipment','019d3520a6587641b32902f451fbfcc7','2026-03-28 15:47:05.432064');
INSERT INTO "events" VALUES(98,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3527-0f73-7400-9c82-3d9e74b31bfb","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:54:05.555520');
INSERT INTO "events" VALUES(99,0,'order.cancelled','019d351a3d3c719990806f017a1d556c','{"reason":"one too many","lines":[{"line_id":"019d351a-3d3c-7516-a6ec-c31f35263b45","quantity":1}]}','token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:54:05.555520');
INSERT INTO "events" VALUES(100,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d352d-788e-78a8-aee7-af97425375be","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:01:05.678976');
INSERT INTO "events" VALUES(101,0,'order.placed','019d352d788e7e43bade312dc725bd97','{"reference":null,"lines":[{"line_id":"019d352d-788e-7b03-9e1b-f0cd8afc5bee","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","quantity":2}],"total":{"amount":4000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:01:05.678976');
INSERT INTO "events" VALUES(102,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d3533-e1aa-714d-9c47-577b3f12d68e","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:08:05.802432');
INSERT INTO "events" VALUES(103,0,'order.cancelled','019d352d788e7e43bade312dc725bd97','{"reason":"changed their mind","lines":[{"line_id":"019d352d-788e-7b03-9e1b-f0cd8afc5bee","quantity":2}]}','token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:08:05.802432');
INSERT INTO "events" VALUES(104,0,'stock.moved','019d341ba62d7589aa17b9af5b569643','{"moves":[{"id":"019d353a-4ac5-7cad-9115-8de52fd2f792","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"sold"}]}','token:owner','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:15:05.925888');
INSERT INTO "events" VALUES(105,0,'order.line_short','019d353a4ac5772b80d76560fbbe9381','{"line_id":"019d353a-4ac5-7932-a6ea-2981172a4012","sku_id":"019d340e-d3f6-7de9-bb29-7d0b0e5e18ba","quantity":3}','token:owner','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:15:05.925888');
INSERT INTO "events" VALUES(106,0,'order.placed','019d353a4ac5772b80d76560fbbe9381','{"reference":"stall, cash","lines":[{"line_id":"019d353a-4ac5-7932-a6ea-2981172a4012","sku_id":"019d340e-d3f6-7de9-bb29-7d0b0e5e18ba","quantity":3},{"line_id":"019d353a-4ac5-7f0d-96c1-1669a4ba3161","sku_id":"019d341b-a62d-7589-aa17-b9af5b569643","quantity":1}],"total":{"amount":5900,"currency":"EUR"},"contact_id":null,"sold":true,"test":false}','token:owner','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:15:05.925888');
INSERT INTO "events" VALUES(107,0,'stock.moved','019d340ed3f67de9bb297d0b0e5e18ba','{"moves":[{"id":"019d3540-b3e1-73ed-8d84-e990ebddb098","sku_id":"019d340e-d3f6-7de9-bb29-7d0b0e5e18ba","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 16:22:06.049344');
INSERT INTO "events" VALUES(108,0,'stock.moved','019d340ed3f67de9bb297d0b0e5e18ba','{"moves":[{"id":"019d3540-b3e1-7cea-9438-63a59c842b6a","sku_id":"019d340e-d3f6-7de9-bb29-7d0b0e5e18ba","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"short_filled"}]}','store','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:22:06.049344');
INSERT INTO "events" VALUES(109,0,'order.line_filled','019d353a4ac5772b80d76560fbbe9381','{"line_id":"019d353a-4ac5-7932-a6ea-2981172a4012","sku_id":"019d340e-d3f6-7de9-bb29-7d0b0e5e18ba","quantity":1}','store',NULL,NULL,'2026-03-28 16:22:06.049344');
INSERT INTO "events" VALUES(110,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d3547-1cfc-7132-baaa-d6511227932f","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d35471cfc7cec85373b76385c1b33','2026-03-28 16:29:06.172800');
INSERT INTO "events" VALUES(111,0,'order.placed','019d35471cfc7cec85373b76385c1b33','{"reference":null,"lines":[{"line_id":"019d3547-1cfc-7129-a6da-a3653e67026c","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":true}','token:owner','order','019d35471cfc7cec85373b76385c1b33','2026-03-28 16:29:06.172800');
INSERT INTO "events" VALUES(112,0,'order.placed','019d354d86187caf802fc22a4a7347fa','{"reference":null,"lines":[{"line_id":"019d354d-8618-7781-be46-5b195bf3f74d","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":9}],"total":{"amount":11250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d354d86187caf802fc22a4a7347fa','2026-03-28 16:36:06.296256');
INSERT INTO "events" VALUES(113,0,'order.placed','019d3553ef337c72805db06a19d6d73b','{"reference":null,"lines":[{"line_id":"019d3553-ef33-7139-93fd-f07ccb8409d6","sku_id":"019d3422-0f49-7999-b549-1bc354c56c9a","quantity":1}],"total":{"amount":900,"currency":"EUR"},"contact_id":"019d3553-ef33-7aa7-b300-9a5c825f8542","sold":false,"test":false}','token:owner','order','019d3553ef337c72805db06a19d6d73b','2026-03-28 16:43:06.419712');
INSERT INTO "events" VALUES(114,0,'contact.erased','019d3553ef337aa7b3009a5c825f8542','{}','token:owner',NULL,NULL,'2026-03-28 16:50:06.543168');
INSERT INTO "events" VALUES(115,0,'sku.changed','019d34220f497999b5491bc354c56c9a','{"changes":{"code":{"old":"PDF","new":"RECIPES"}}}','token:owner',NULL,NULL,'2026-03-28 16:50:06.543168');
INSERT INTO "events" VALUES(116,0,'product.created','019d35672a0a7b8fa91553a98ba56d34','{"title":"Vase"}','token:owner','import','019d35672a0a7244b4ecf2ede4cd6075','2026-03-28 17:04:06.666624');
INSERT INTO "events" VALUES(117,0,'sku.created','019d35672a0a750f879d444008216b65','{"code":"VASE-TALL","product_id":"019d3567-2a0a-7b8f-a915-53a98ba56d34"}','token:owner','import','019d35672a0a7244b4ecf2ede4cd6075','2026-03-28 17:04:06.666624');
INSERT INTO "events" VALUES(118,0,'stock.moved','019d35672a0a750f879d444008216b65','{"moves":[{"id":"019d3567-2a0a-79fb-a730-cb28d22f02f3","sku_id":"019d3567-2a0a-750f-879d-444008216b65","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"opening_stock"}]}','token:owner','import','019d35672a0a7244b4ecf2ede4cd6075','2026-03-28 17:04:06.666624');
INSERT INTO "events" VALUES(119,0,'import.done','019d35672a0a7244b4ecf2ede4cd6075','{"rows":2,"bad_rows":1,"products_created":1,"products_changed":0,"skus_created":1,"skus_changed":0,"skus_unchanged":0,"units":3}','token:owner','import','019d35672a0a7244b4ecf2ede4cd6075','2026-03-28 17:04:06.666624');
INSERT INTO "events" VALUES(120,0,'stock.moved','019d340ed3f67f31ad14475b349aae90','{"moves":[{"id":"019d356d-9326-7ae8-907d-72d5c71c5cf1","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d356d93267286899918a76ec15d38','2026-03-28 17:11:06.790080');
INSERT INTO "events" VALUES(121,0,'order.placed','019d356d93267286899918a76ec15d38','{"reference":"WEB-1001","lines":[{"line_id":"019d356d-9326-7dca-b6fe-bc3a0c6e5973","sku_id":"019d340e-d3f6-7f31-ad14-475b349aae90","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d356d93267286899918a76ec15d38','2026-03-28 17:11:06.790080');
CREATE TABLE exceptions (
	id CHAR(32) NOT NULL, 
	cause VARCHAR(64) NOT NULL, 
	subject VARCHAR(300) NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	advice TEXT NOT NULL, 
	facts JSON NOT NULL, 
	channel_id CHAR(32), 
	times INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	closed_by VARCHAR(120), 
	note VARCHAR(1000), 
	CONSTRAINT pk_exceptions PRIMARY KEY (id)
);
INSERT INTO "exceptions" VALUES('019d33b1a605778087923986bb968a43','channel_unreachable','019d33ab-f280-73ab-8d44-7e35b8b6d8fe','urgent','North can''t be reached','Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.','{"failures":6}','019d33abf28073ab8d447e35b8b6d8fe',1,'2026-03-28 09:06:13.637808','2026-03-28 09:06:13.637808','2026-03-28 10:04:00.000000',NULL,'its cause is gone');
INSERT INTO "exceptions" VALUES('019d33e68a80758283868a29678a5aa3','recovering','2','urgent','Nothing is written to your shops: this store may be older than they are','This store may have gone back in time: it was restored from a backup. It knows what happened up to 2026-03-28 09:06 UTC. Your shops go on selling by themselves, with the numbers that they show; their orders since then are being taken in. If this store still runs somewhere else, stop this one. Otherwise enter what you received, lost or sold outside of them since then, and run `tallystick resume`: it shows what is different and goes on when you say so. GET /v1/recovery.','{"epoch":2,"why":"restored","knows_until":"2026-03-28T09:06:13.637808+00:00"}',NULL,1,'2026-03-28 10:04:00.000000','2026-03-28 10:04:00.000000',NULL,NULL,NULL);
CREATE TABLE import_errors (
	import_id CHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	"column" VARCHAR(200), 
	value VARCHAR(200), 
	message VARCHAR(1000) NOT NULL, 
	CONSTRAINT pk_import_errors PRIMARY KEY (import_id, number), 
	CONSTRAINT fk_import_errors_import_id FOREIGN KEY(import_id) REFERENCES imports (id)
);
INSERT INTO "import_errors" VALUES('019d35672a0a7244b4ecf2ede4cd6075',1,3,'price','dear','''dear'' isn''t a number; write it like 12.50, without a sign of a currency.');
CREATE TABLE imports (
	id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	name VARCHAR(200), 
	format VARCHAR(32), 
	location_id CHAR(32) NOT NULL, 
	size_bytes BIGINT NOT NULL, 
	lines INTEGER, 
	line INTEGER NOT NULL, 
	rows BIGINT NOT NULL, 
	bad_rows BIGINT NOT NULL, 
	products_created BIGINT NOT NULL, 
	products_changed BIGINT NOT NULL, 
	skus_created BIGINT NOT NULL, 
	skus_changed BIGINT NOT NULL, 
	skus_unchanged BIGINT NOT NULL, 
	units BIGINT NOT NULL, 
	errors INTEGER NOT NULL, 
	reason VARCHAR(1000), 
	actor VARCHAR(120) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_imports PRIMARY KEY (id), 
	CONSTRAINT fk_imports_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
);
INSERT INTO "imports" VALUES('019d35672a0a7244b4ecf2ede4cd6075','done','shelf.csv','tallystick','019d33abf28071038386bbc4cd613e30',92,3,3,2,1,1,0,1,0,0,3,1,NULL,'token:owner','2026-03-28 17:04:06.666624','2026-03-28 17:04:06.666624','2026-03-28 17:04:06.666624');
CREATE TABLE lanes (
	channel_id CHAR(32) NOT NULL, 
	holder VARCHAR(64), 
	fence BIGINT DEFAULT '0' NOT NULL, 
	lease_until DATETIME, 
	watermark DATETIME, 
	settled_at DATETIME, 
	poll_due_at DATETIME, 
	capabilities_due_at DATETIME, 
	listings_due_at DATETIME, 
	subscriptions_due_at DATETIME, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	open_until DATETIME, 
	refused VARCHAR(32), 
	last_error VARCHAR(500), 
	delivered_at DATETIME, 
	polled_at DATETIME, 
	listed_at DATETIME, 
	written_at DATETIME, 
	write_ms INTEGER, unheard_since DATETIME, unheard_mark DATETIME, 
	CONSTRAINT pk_lanes PRIMARY KEY (channel_id), 
	CONSTRAINT fk_lanes_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id)
);
INSERT INTO "lanes" VALUES('019d33abf28073ab8d447e35b8b6d8fe','worker-1',7,'2026-03-28 10:34:35.000000','2026-03-28 09:02:00.000000','2026-03-28 10:29:00.000000','2026-03-28 10:34:05.000000','2026-03-29 10:04:00.000000','2026-03-29 10:04:00.000000','2026-03-28 10:00:00.000000',0,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 10:29:05.000000','2026-03-28 10:04:00.000000','2026-03-28 09:02:00.000000',0,NULL,NULL);
CREATE TABLE listing_components (
	listing_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_listing_components PRIMARY KEY (listing_id, sku_id), 
	CONSTRAINT ck_listing_components_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT fk_listing_components_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id), 
	CONSTRAINT fk_listing_components_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "listing_components" VALUES('019d33abf28070268a9a021ea648a7dd','019d33abf28079b9aec9d28663ca828d',1);
CREATE TABLE listing_ids (
	channel_id CHAR(32) NOT NULL, 
	external_id VARCHAR(200) NOT NULL, 
	listing_id CHAR(32) NOT NULL, 
	since DATETIME NOT NULL, 
	CONSTRAINT pk_listing_ids PRIMARY KEY (channel_id, external_id), 
	CONSTRAINT fk_listing_ids_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_listing_ids_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id)
);
INSERT INTO "listing_ids" VALUES('019d33abf28073ab8d447e35b8b6d8fe','BOWL','019d33abf28070268a9a021ea648a7dd','2026-03-28 09:00:00.000000');
CREATE TABLE listings (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	external_id VARCHAR(200) NOT NULL, 
	counter_id CHAR(32), 
	sku_code VARCHAR(200), 
	title VARCHAR(500) NOT NULL, 
	mapping VARCHAR(16) NOT NULL, 
	live BOOLEAN NOT NULL, 
	why VARCHAR(500), 
	url VARCHAR(1000), 
	seen_at DATETIME, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_listings PRIMARY KEY (id), 
	CONSTRAINT fk_listings_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_listings_counter_id FOREIGN KEY(counter_id) REFERENCES counters (id), 
	CONSTRAINT uq_listings_channel_id_external_id UNIQUE (channel_id, external_id)
);
INSERT INTO "listings" VALUES('019d33abf28070268a9a021ea648a7dd','019d33abf28073ab8d447e35b8b6d8fe','BOWL','019d33abf280761ba1988ad9f06c144a','BOWL','BOWL','mapped',1,NULL,NULL,'2026-03-28 10:04:00.000000','2026-03-28 09:00:00.000000','2026-03-28 10:04:00.000000');
CREATE TABLE locations (
	id CHAR(32) NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	code_key VARCHAR(64) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	rank INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_locations PRIMARY KEY (id), 
	CONSTRAINT uq_locations_code_key UNIQUE (code_key)
);
INSERT INTO "locations" VALUES('019d33abf28071038386bbc4cd613e30','STUDIO','studio','Studio',1,'2026-03-28 09:00:00.000000',1);
INSERT INTO "locations" VALUES('019d34086adb7bdbb03edca7e2dcaa37','Stall/1','stall/1','Market stall',2,'2026-03-28 10:41:00.123456',1);
CREATE TABLE notices (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	shipment_id CHAR(32) NOT NULL, 
	order_id CHAR(32) NOT NULL, 
	parcel JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at DATETIME, 
	error VARCHAR(500), 
	created_at DATETIME NOT NULL, 
	done_at DATETIME, 
	CONSTRAINT pk_notices PRIMARY KEY (id), 
	CONSTRAINT fk_notices_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_notices_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_notices_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id), 
	CONSTRAINT uq_notices_shipment_id UNIQUE (shipment_id)
);
INSERT INTO "notices" VALUES('019d33aeb1a07aa1aa107b75677f6cbd','019d33abf28073ab8d447e35b8b6d8fe','019d33aeb1a077ac88d6af57da711448','019d33adc7407d65aa8ac4ba05805975','{"id":"019d33ae-b1a0-77ac-88d6-af57da711448","order":"M1","lines":[{"line":"1-1","quantity":2}],"carrier":"DHL","tracking_number":"00340434161094042558","tracking_url":null,"shipped_at":"2026-03-28T09:03:00+00:00","complete":true}','done',0,NULL,NULL,'2026-03-28 09:03:00.000000','2026-03-28 09:03:00.000000');
CREATE TABLE order_lines (
	id CHAR(32) NOT NULL, 
	order_id CHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	sku_id CHAR(32), 
	title VARCHAR(500), 
	quantity INTEGER NOT NULL, 
	cancelled INTEGER NOT NULL, 
	shipped INTEGER NOT NULL, 
	unit_price BIGINT NOT NULL, 
	gross BIGINT NOT NULL, 
	discount BIGINT NOT NULL, 
	tax BIGINT NOT NULL, 
	total BIGINT NOT NULL, 
	presentment_gross BIGINT, 
	presentment_discount BIGINT, 
	presentment_tax BIGINT, 
	presentment_total BIGINT, listing_id CHAR(32) CONSTRAINT fk_order_lines_listing_id REFERENCES listings (id), external_id VARCHAR(200), per INTEGER DEFAULT '1' NOT NULL, fulfilled_by VARCHAR(16) DEFAULT 'us' NOT NULL, ordered_there INTEGER DEFAULT '0' NOT NULL, cancelled_there INTEGER DEFAULT '0' NOT NULL, shipped_there INTEGER DEFAULT '0' NOT NULL, returned INTEGER DEFAULT '0' NOT NULL, counted_down INTEGER DEFAULT '0' NOT NULL, put_back INTEGER DEFAULT '0' NOT NULL, held INTEGER DEFAULT '0' NOT NULL, decimal_quantity VARCHAR(32), 
	CONSTRAINT pk_order_lines PRIMARY KEY (id), 
	CONSTRAINT ck_order_lines_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT ck_order_lines_cancelled_not_negative CHECK (cancelled >= 0), 
	CONSTRAINT ck_order_lines_shipped_not_negative CHECK (shipped >= 0), 
	CONSTRAINT ck_order_lines_no_more_than_ordered CHECK (cancelled + shipped <= quantity), 
	CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_order_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "order_lines" VALUES('019d33adc7407ec28e73ca47ea90a8f0','019d33adc7407d65aa8ac4ba05805975',0,'019d33abf28079b9aec9d28663ca828d','BOWL',2,0,2,1000,2000,0,0,2000,NULL,NULL,NULL,NULL,'019d33abf28070268a9a021ea648a7dd','1-1',1,'us',2,0,2,0,2,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d33adc7407e55952b82f6be3edc0a','019d33adc74071ed8be03db0dc2574bd',0,'019d33abf28079b9aec9d28663ca828d','BOWL',1,0,0,1000,1000,0,0,1000,NULL,NULL,NULL,NULL,'019d33abf28070268a9a021ea648a7dd','2-1',1,'us',1,0,0,0,1,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d34a8ae897be58c41d9c0f07534fe','019d34a8ae897ead8f73fd941391f9b9',0,'019d341ba62d7589aa17b9af5b569643',NULL,3,0,0,2000,6000,0,0,6000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d350701ea78ce921ebce6139f7110','019d350701ea760fad192da3c82ad589',0,'019d340ed3f67f31ad14475b349aae90',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d350701ea714e90e32e8239455353','019d350701ea760fad192da3c82ad589',1,'019d341ba62d7589aa17b9af5b569643',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d350d6b0571d5a9dd649317788b95','019d350d6b05703aaba018ea9d19ee45',0,'019d340ed3f67f31ad14475b349aae90','Blue mug',2,0,2,1200,2400,100,437,2300,2600,110,470,2490,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d350d6b057ca3a2934bf1d37c9961','019d350d6b05703aaba018ea9d19ee45',1,'019d34220f497999b5491bc354c56c9a',NULL,1,0,1,900,900,0,63,900,980,0,69,980,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d351a3d3c7516a6ecc31f35263b45','019d351a3d3c719990806f017a1d556c',0,'019d340ed3f67f31ad14475b349aae90',NULL,4,1,1,1250,5000,0,0,5000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d352d788e7b039e1bf0cd8afc5bee','019d352d788e7e43bade312dc725bd97',0,'019d341ba62d7589aa17b9af5b569643',NULL,2,2,0,2000,4000,0,0,4000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d353a4ac57932a6ea2981172a4012','019d353a4ac5772b80d76560fbbe9381',0,'019d340ed3f67de9bb297d0b0e5e18ba',NULL,3,0,0,1300,3900,0,0,3900,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d353a4ac57f0d96c11669a4ba3161','019d353a4ac5772b80d76560fbbe9381',1,'019d341ba62d7589aa17b9af5b569643',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d35471cfc7129a6daa3653e67026c','019d35471cfc7cec85373b76385c1b33',0,'019d340ed3f67f31ad14475b349aae90',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d354d86187781be465b195bf3f74d','019d354d86187caf802fc22a4a7347fa',0,'019d340ed3f67f31ad14475b349aae90',NULL,9,0,0,1250,11250,0,0,11250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3553ef33713993fdf07ccb8409d6','019d3553ef337c72805db06a19d6d73b',0,'019d34220f497999b5491bc354c56c9a',NULL,1,0,0,900,900,0,0,900,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d356d93267dcab6febc3a0c6e5973','019d356d93267286899918a76ec15d38',0,'019d340ed3f67f31ad14475b349aae90',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
CREATE TABLE orders (
	id CHAR(32) NOT NULL, 
	reference VARCHAR(200), 
	status VARCHAR(16) NOT NULL, 
	sold BOOLEAN NOT NULL, 
	test BOOLEAN NOT NULL, 
	fulfilled_by VARCHAR(16) NOT NULL, 
	contact_id CHAR(32), 
	ship_to_id CHAR(32), 
	reservation_id CHAR(32), 
	location_ids JSON, 
	currency VARCHAR(3) NOT NULL, 
	gross BIGINT NOT NULL, 
	discount BIGINT NOT NULL, 
	tax BIGINT NOT NULL, 
	shipping BIGINT NOT NULL, 
	total BIGINT NOT NULL, 
	rounding BIGINT NOT NULL, 
	prices_include_tax BOOLEAN NOT NULL, 
	presentment_currency VARCHAR(3), 
	presentment_gross BIGINT, 
	presentment_discount BIGINT, 
	presentment_tax BIGINT, 
	presentment_shipping BIGINT, 
	presentment_total BIGINT, 
	ship_by DATETIME, 
	placed_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	cancelled_at DATETIME, 
	cancel_reason VARCHAR(200), channel_id CHAR(32) CONSTRAINT fk_orders_channel_id REFERENCES channels (id), external_id VARCHAR(200), external_version BIGINT, paid BOOLEAN DEFAULT 1 NOT NULL, hold_until DATETIME, lapsed BOOLEAN DEFAULT 0 NOT NULL, gone_version BIGINT, cancel_requested_at DATETIME, notes JSON, snapshot_hash BIGINT, 
	CONSTRAINT pk_orders PRIMARY KEY (id), 
	CONSTRAINT fk_orders_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_orders_reservation_id FOREIGN KEY(reservation_id) REFERENCES reservations (id), 
	CONSTRAINT fk_orders_ship_to_id FOREIGN KEY(ship_to_id) REFERENCES contacts (id)
);
INSERT INTO "orders" VALUES('019d33adc7407d65aa8ac4ba05805975','#M1','shipped',1,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',2000,0,0,0,2000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 10:04:00.000000',NULL,NULL,'019d33abf28073ab8d447e35b8b6d8fe','M1',2,1,'2026-03-28 10:07:00.000000',0,NULL,NULL,NULL,5606119780919347687);
INSERT INTO "orders" VALUES('019d33adc74071ed8be03db0dc2574bd','#M2','open',1,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',1000,0,0,0,1000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000',NULL,NULL,'019d33abf28073ab8d447e35b8b6d8fe','M2',2,1,'2026-03-28 10:07:00.000000',0,NULL,NULL,NULL,1994651129966060030);
INSERT INTO "orders" VALUES('019d34a8ae897ead8f73fd941391f9b9','WEB-1000','open',0,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',6000,0,0,0,6000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 13:36:03.209856','2026-03-28 13:36:03.209856',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d350701ea760fad192da3c82ad589',NULL,'open',0,0,'us',NULL,NULL,'019d34e8c99c70a6b9b8163510b8fe22','null','EUR',3250,0,0,0,3250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:19:04.938240','2026-03-28 15:19:04.938240',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d350d6b05703aaba018ea9d19ee45',NULL,'shipped',0,0,'us','019d350d6b0573d4b01ba9880a3efb80','019d350d6b057963bcf7f49dc91752a3',NULL,'null','EUR',3300,150,500,490,3642,2,1,'USD',3580,165,539,530,3945,'2026-04-02 10:00:00.000000','2026-03-28 15:26:05.061696','2026-03-28 15:33:05.185152',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d351a3d3c719990806f017a1d556c',NULL,'open',0,0,'us','019d350d6b0573d4b01ba9880a3efb80',NULL,NULL,'null','EUR',5000,0,0,0,5000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:40:05.308608','2026-03-28 15:54:05.555520',NULL,'one too many',NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d352d788e7e43bade312dc725bd97',NULL,'cancelled',0,0,'us',NULL,NULL,NULL,'null','EUR',4000,0,0,0,4000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:01:05.678976','2026-03-28 16:08:05.802432','2026-03-28 16:08:05.802432','changed their mind',NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d353a4ac5772b80d76560fbbe9381','stall, cash','open',1,0,'us',NULL,NULL,NULL,'null','EUR',5900,0,0,0,5900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:15:05.925888','2026-03-28 16:15:05.925888',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d35471cfc7cec85373b76385c1b33',NULL,'open',0,1,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:29:06.172800','2026-03-28 16:29:06.172800',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d354d86187caf802fc22a4a7347fa',NULL,'open',0,0,'channel',NULL,NULL,NULL,'null','EUR',11250,0,0,0,11250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:36:06.296256','2026-03-28 16:36:06.296256',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d3553ef337c72805db06a19d6d73b',NULL,'open',0,0,'us','019d3553ef337aa7b3009a5c825f8542','019d3553ef337c68adf810b92c599859',NULL,'null','EUR',900,0,0,0,900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:43:06.419712','2026-03-28 16:43:06.419712',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d356d93267286899918a76ec15d38','WEB-1001','open',0,0,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 17:11:06.790080','2026-03-28 17:11:06.790080',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE product_words (
	word VARCHAR(64) NOT NULL, 
	product_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_product_words PRIMARY KEY (word, product_id), 
	CONSTRAINT fk_product_words_product_id FOREIGN KEY(product_id) REFERENCES products (id)
)
 WITHOUT ROWID

;
INSERT INTO "product_words" VALUES('bowl','019d33abf2807d5fa4b06ce60741c7a8');
INSERT INTO "product_words" VALUES('glaze','019d34220f4979cf89546b439f9d0129');
INSERT INTO "product_words" VALUES('mug','019d340ed3f678fb8703806984c81999');
INSERT INTO "product_words" VALUES('plate','019d34153d127813b0e642f43328ad08');
INSERT INTO "product_words" VALUES('recipes','019d34220f4979cf89546b439f9d0129');
INSERT INTO "product_words" VALUES('vase','019d35672a0a7b8fa91553a98ba56d34');
CREATE TABLE products (
	id CHAR(32) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, handle VARCHAR(500), description TEXT, images JSON DEFAULT '[]' NOT NULL, archived BOOLEAN DEFAULT 0 NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_products PRIMARY KEY (id)
);
INSERT INTO "products" VALUES('019d33abf2807d5fa4b06ce60741c7a8','Bowl','2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000','bowl',NULL,'[]',0,1);
INSERT INTO "products" VALUES('019d340ed3f678fb8703806984c81999','Mug','2026-03-28 10:48:00.246912','2026-03-28 10:48:00.246912','mug',NULL,'[]',0,1);
INSERT INTO "products" VALUES('019d34153d127813b0e642f43328ad08','Plate','2026-03-28 10:55:00.370368','2026-03-28 11:02:00.493824','plate',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d34220f4979cf89546b439f9d0129','Glaze recipes','2026-03-28 11:09:00.617280','2026-03-28 16:50:06.543168','glaze recipes',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d35672a0a7b8fa91553a98ba56d34','Vase','2026-03-28 17:04:06.666624','2026-03-28 17:04:06.666624','vase',NULL,'[]',0,1);
CREATE TABLE recovery_readings (
	counter_id CHAR(32) NOT NULL, 
	epoch INTEGER NOT NULL, 
	shown INTEGER NOT NULL, 
	unexplained INTEGER NOT NULL, 
	read_at DATETIME NOT NULL, 
	CONSTRAINT pk_recovery_readings PRIMARY KEY (counter_id), 
	CONSTRAINT fk_recovery_readings_counter_id_counters FOREIGN KEY(counter_id) REFERENCES counters (id)
);
INSERT INTO "recovery_readings" VALUES('019d33abf280761ba1988ad9f06c144a',2,4,0,'2026-03-28 10:19:00.000000');
CREATE TABLE reservation_lines (
	reservation_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	location_id CHAR(32) NOT NULL, 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_reservation_lines PRIMARY KEY (reservation_id, sku_id, location_id), 
	CONSTRAINT ck_reservation_lines_quantity_not_negative CHECK (quantity >= 0), 
	CONSTRAINT fk_reservation_lines_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_reservation_lines_reservation_id FOREIGN KEY(reservation_id) REFERENCES reservations (id), 
	CONSTRAINT fk_reservation_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "reservation_lines" VALUES('019d34e260807ea198068a9d8c31406d','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "reservation_lines" VALUES('019d34e260807ea198068a9d8c31406d','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1);
INSERT INTO "reservation_lines" VALUES('019d34e8c99c70a6b9b8163510b8fe22','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34e8c99c70a6b9b8163510b8fe22','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34ef32b7781a99a74924550d40dd','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34ef32b7781a99a74924550d40dd','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34f59bd37c7a9a9e994cf1a9a658','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34f59bd37c7a9a9e994cf1a9a658','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',0);
CREATE TABLE reservations (
	id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reference VARCHAR(200), 
	expires_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reservations PRIMARY KEY (id)
);
INSERT INTO "reservations" VALUES('019d34e260807ea198068a9d8c31406d','held','held','2026-04-27 14:39:04.320960','2026-03-28 14:39:04.320960');
INSERT INTO "reservations" VALUES('019d34e8c99c70a6b9b8163510b8fe22','used','used','2026-03-29 14:46:04.444416','2026-03-28 14:46:04.444416');
INSERT INTO "reservations" VALUES('019d34ef32b7781a99a74924550d40dd','released','released','2026-03-29 14:53:04.567872','2026-03-28 14:53:04.567872');
INSERT INTO "reservations" VALUES('019d34f59bd37c7a9a9e994cf1a9a658','lapsed','lapsed','2026-03-28 15:01:04.691328','2026-03-28 15:00:04.691328');
CREATE TABLE shipment_lines (
	id CHAR(32) NOT NULL, 
	shipment_id CHAR(32) NOT NULL, 
	line_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	location_id CHAR(32), 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_shipment_lines PRIMARY KEY (id), 
	CONSTRAINT ck_shipment_lines_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT fk_shipment_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_shipment_lines_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_shipment_lines_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id), 
	CONSTRAINT fk_shipment_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "shipment_lines" VALUES('019d33aeb1a07cc2be6521cc3e2434e3','019d33aeb1a077ac88d6af57da711448','019d33adc7407ec28e73ca47ea90a8f0','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "shipment_lines" VALUES('019d3513d421760fb6f62c28e927db48','019d3513d42176f49a5356b5d85328b6','019d350d6b0571d5a9dd649317788b95','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "shipment_lines" VALUES('019d3513d42178afb8633958ce75f4ba','019d3513d42176f49a5356b5d85328b6','019d350d6b057ca3a2934bf1d37c9961','019d34220f497999b5491bc354c56c9a',NULL,1);
INSERT INTO "shipment_lines" VALUES('019d3520a6587101a607b61550332cb8','019d3520a6587641b32902f451fbfcc7','019d351a3d3c7516a6ecc31f35263b45','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1);
CREATE TABLE shipments (
	id CHAR(32) NOT NULL, 
	order_id CHAR(32) NOT NULL, 
	carrier VARCHAR(100), 
	tracking_number VARCHAR(200), 
	tracking_url VARCHAR(2000), 
	shipped_at DATETIME NOT NULL, 
	CONSTRAINT pk_shipments PRIMARY KEY (id), 
	CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
INSERT INTO "shipments" VALUES('019d33aeb1a077ac88d6af57da711448','019d33adc7407d65aa8ac4ba05805975','DHL','00340434161094042558',NULL,'2026-03-28 09:03:00.000000');
INSERT INTO "shipments" VALUES('019d3513d42176f49a5356b5d85328b6','019d350d6b05703aaba018ea9d19ee45','DHL','00340434161094042557','https://example.org/00340434161094042557','2026-03-28 15:33:05.185152');
INSERT INTO "shipments" VALUES('019d3520a6587641b32902f451fbfcc7','019d351a3d3c719990806f017a1d556c',NULL,NULL,NULL,'2026-03-28 15:47:05.432064');
CREATE TABLE sku_aliases (
	code_key VARCHAR(200) NOT NULL, 
	code VARCHAR(200) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_sku_aliases PRIMARY KEY (code_key), 
	CONSTRAINT fk_sku_aliases_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "sku_aliases" VALUES('pdf','PDF','019d34220f497999b5491bc354c56c9a','2026-03-28 16:50:06.543168');
CREATE TABLE sku_plans (
	sku_id CHAR(32) NOT NULL, 
	due_at DATETIME, 
	planned_at DATETIME, 
	policy VARCHAR(16), 
	expose_limit INTEGER DEFAULT '1' NOT NULL, 
	own_weight INTEGER DEFAULT '100' NOT NULL, 
	own_min INTEGER DEFAULT '0' NOT NULL, 
	own_rate FLOAT DEFAULT '0' NOT NULL, 
	guard INTEGER, 
	CONSTRAINT pk_sku_plans PRIMARY KEY (sku_id), 
	CONSTRAINT ck_sku_plans_expose_limit_not_negative CHECK (expose_limit >= 0), 
	CONSTRAINT fk_sku_plans_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "sku_plans" VALUES('019d33abf28079b9aec9d28663ca828d',NULL,'2026-03-28 10:34:00.000000',NULL,1,100,0,0.0,NULL);
CREATE TABLE sku_words (
	word VARCHAR(64) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_sku_words PRIMARY KEY (word, sku_id), 
	CONSTRAINT fk_sku_words_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
)
 WITHOUT ROWID

;
INSERT INTO "sku_words" VALUES('2','019d340ed3f67de9bb297d0b0e5e18ba');
INSERT INTO "sku_words" VALUES('becher','019d340ed3f67de9bb297d0b0e5e18ba');
INSERT INTO "sku_words" VALUES('bechergrun2','019d340ed3f67de9bb297d0b0e5e18ba');
INSERT INTO "sku_words" VALUES('blue','019d340ed3f67f31ad14475b349aae90');
INSERT INTO "sku_words" VALUES('bowl','019d33abf28079b9aec9d28663ca828d');
INSERT INTO "sku_words" VALUES('grun','019d340ed3f67de9bb297d0b0e5e18ba');
INSERT INTO "sku_words" VALUES('mug','019d340ed3f67f31ad14475b349aae90');
INSERT INTO "sku_words" VALUES('mugblue','019d340ed3f67f31ad14475b349aae90');
INSERT INTO "sku_words" VALUES('pdf','019d34220f497999b5491bc354c56c9a');
INSERT INTO "sku_words" VALUES('plate','019d341ba62d7589aa17b9af5b569643');
INSERT INTO "sku_words" VALUES('recipes','019d34220f497999b5491bc354c56c9a');
INSERT INTO "sku_words" VALUES('tall','019d35672a0a750f879d444008216b65');
INSERT INTO "sku_words" VALUES('vase','019d35672a0a750f879d444008216b65');
INSERT INTO "sku_words" VALUES('vasetall','019d35672a0a750f879d444008216b65');
CREATE TABLE skus (
	id CHAR(32) NOT NULL, 
	product_id CHAR(32) NOT NULL, 
	code VARCHAR(200) NOT NULL, 
	code_key VARCHAR(200) NOT NULL, 
	price BIGINT, 
	price_currency VARCHAR(3), 
	cost BIGINT, 
	cost_currency VARCHAR(3), 
	tracked BOOLEAN NOT NULL, 
	safety_stock INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, code_mirror VARCHAR(200), barcode VARCHAR(64), options JSON DEFAULT '{}' NOT NULL, archived BOOLEAN DEFAULT 0 NOT NULL, version INTEGER DEFAULT '1' NOT NULL, merged_into CHAR(32), weight_g INTEGER CONSTRAINT ck_skus_weight_g_not_negative CHECK (weight_g >= 0), 
	CONSTRAINT pk_skus PRIMARY KEY (id), 
	CONSTRAINT ck_skus_safety_stock_not_negative CHECK (safety_stock >= 0), 
	CONSTRAINT fk_skus_product_id FOREIGN KEY(product_id) REFERENCES products (id), 
	CONSTRAINT uq_skus_code_key UNIQUE (code_key)
);
INSERT INTO "skus" VALUES('019d33abf28079b9aec9d28663ca828d','019d33abf2807d5fa4b06ce60741c7a8','BOWL','bowl',4800,'EUR',NULL,NULL,1,0,'2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000','lwob',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d340ed3f67f31ad14475b349aae90','019d340ed3f678fb8703806984c81999','MUG-BLUE','mug-blue',1250,'EUR',310,'EUR',1,2,'2026-03-28 10:48:00.246912','2026-03-28 10:48:00.246912','eulbgum',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d340ed3f67de9bb297d0b0e5e18ba','019d340ed3f678fb8703806984c81999','Becher grün #2','becher grün #2',1300,'EUR',NULL,NULL,1,0,'2026-03-28 10:48:00.246912','2026-03-28 10:48:00.246912','2nurgrehceb',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d341ba62d7589aa17b9af5b569643','019d34153d127813b0e642f43328ad08','PLATE','plate',2000,'EUR',700,'EUR',1,0,'2026-03-28 11:02:00.493824','2026-03-28 11:02:00.493824','etalp',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d34220f497999b5491bc354c56c9a','019d34220f4979cf89546b439f9d0129','RECIPES','recipes',900,'EUR',NULL,NULL,0,0,'2026-03-28 11:09:00.617280','2026-03-28 16:50:06.543168','sepicer',NULL,'{}',0,2,NULL,NULL);
INSERT INTO "skus" VALUES('019d35672a0a750f879d444008216b65','019d35672a0a7b8fa91553a98ba56d34','VASE-TALL','vase-tall',4200,'EUR',1150,'EUR',1,0,'2026-03-28 17:04:06.666624','2026-03-28 17:04:06.666624','llatesav',NULL,'{}',0,1,NULL,NULL);
CREATE TABLE stock_count_lines (
	count_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	counted INTEGER NOT NULL, 
	expected INTEGER NOT NULL, 
	CONSTRAINT pk_stock_count_lines PRIMARY KEY (count_id, sku_id), 
	CONSTRAINT ck_stock_count_lines_counted_not_negative CHECK (counted >= 0), 
	CONSTRAINT fk_stock_count_lines_count_id FOREIGN KEY(count_id) REFERENCES stock_counts (id), 
	CONSTRAINT fk_stock_count_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "stock_count_lines" VALUES('019d34af17a57d1e973082d609b4e5d2','019d341ba62d7589aa17b9af5b569643',38,40);
INSERT INTO "stock_count_lines" VALUES('019d34b580c07deb9e26e655d3f21dcc','019d340ed3f67f31ad14475b349aae90',50,47);
CREATE TABLE stock_counts (
	id CHAR(32) NOT NULL, 
	location_id CHAR(32) NOT NULL, 
	reference VARCHAR(200), 
	actor VARCHAR(120) NOT NULL, 
	counted_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	CONSTRAINT pk_stock_counts PRIMARY KEY (id), 
	CONSTRAINT fk_stock_counts_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
);
INSERT INTO "stock_counts" VALUES('019d34af17a57d1e973082d609b4e5d2','019d33abf28071038386bbc4cd613e30',NULL,'token:owner','2026-03-28 13:29:03.086400','2026-03-28 13:43:03.333312');
INSERT INTO "stock_counts" VALUES('019d34b580c07deb9e26e655d3f21dcc','019d33abf28071038386bbc4cd613e30','spring','token:owner','2026-03-28 13:50:03.456768','2026-03-28 13:50:03.456768');
CREATE TABLE stock_levels (
	sku_id CHAR(32) NOT NULL, 
	location_id CHAR(32) NOT NULL, 
	available BIGINT DEFAULT '0' NOT NULL, 
	allotted BIGINT DEFAULT '0' NOT NULL, 
	reserved BIGINT DEFAULT '0' NOT NULL, 
	committed BIGINT DEFAULT '0' NOT NULL, 
	quality_control BIGINT DEFAULT '0' NOT NULL, 
	damaged BIGINT DEFAULT '0' NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_stock_levels PRIMARY KEY (sku_id, location_id), 
	CONSTRAINT ck_stock_levels_available_not_negative CHECK (available >= 0), 
	CONSTRAINT ck_stock_levels_allotted_not_negative CHECK (allotted >= 0), 
	CONSTRAINT ck_stock_levels_reserved_not_negative CHECK (reserved >= 0), 
	CONSTRAINT ck_stock_levels_committed_not_negative CHECK (committed >= 0), 
	CONSTRAINT ck_stock_levels_quality_control_not_negative CHECK (quality_control >= 0), 
	CONSTRAINT ck_stock_levels_damaged_not_negative CHECK (damaged >= 0), 
	CONSTRAINT fk_stock_levels_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_stock_levels_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "stock_levels" VALUES('019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',6,4,0,1,0,0,'2026-03-28 09:04:00.000000');
INSERT INTO "stock_levels" VALUES('019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',28,0,2,5,5,4,'2026-03-28 17:11:06.790080');
INSERT INTO "stock_levels" VALUES('019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',23,0,1,5,0,0,'2026-03-28 16:15:05.925888');
INSERT INTO "stock_levels" VALUES('019d341ba62d7589aa17b9af5b569643','019d34086adb7bdbb03edca7e2dcaa37',7,0,0,0,0,0,'2026-03-28 14:18:03.950592');
INSERT INTO "stock_levels" VALUES('019d340ed3f67de9bb297d0b0e5e18ba','019d33abf28071038386bbc4cd613e30',0,0,0,1,0,0,'2026-03-28 16:22:06.049344');
INSERT INTO "stock_levels" VALUES('019d35672a0a750f879d444008216b65','019d33abf28071038386bbc4cd613e30',3,0,0,0,0,0,'2026-03-28 17:04:06.666624');
CREATE TABLE stock_movements (
	id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	location_id CHAR(32) NOT NULL, 
	quantity INTEGER NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	target VARCHAR(16) NOT NULL, 
	reason VARCHAR(64) NOT NULL, 
	reference VARCHAR(200), 
	actor VARCHAR(120) NOT NULL, 
	cause_kind VARCHAR(32), 
	cause_id CHAR(32), 
	occurred_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	CONSTRAINT pk_stock_movements PRIMARY KEY (id), 
	CONSTRAINT ck_stock_movements_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT fk_stock_movements_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_stock_movements_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "stock_movements" VALUES('019d33abf2807441b204e52db2221a58','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',9,'supplier','available','fired',NULL,'token:owner',NULL,NULL,'2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000');
INSERT INTO "stock_movements" VALUES('019d33ac06087c38b8c0c8fd8712b8bc','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',5,'available','allotted','allotted',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:00:05.000000','2026-03-28 09:00:05.000000');
INSERT INTO "stock_movements" VALUES('019d33adc7407b97be175330a11d459a','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'allotted','committed','sold',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407d65aa8ac4ba05805975','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33adc7407f7bafba91fc803468b6','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'allotted','committed','sold',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc74071ed8be03db0dc2574bd','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33adc7407d4681f9c1f66c0f3459','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','allotted','allotted',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33aeb1a078c59dfbd3d12c4a3698','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'committed','customer','shipped',NULL,'token:owner','shipment','019d33aeb1a077ac88d6af57da711448','2026-03-28 09:03:00.000000','2026-03-28 09:03:00.000000');
INSERT INTO "stock_movements" VALUES('019d33af9c0075febcfbb050acab1a6b','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',4,'supplier','available','fired',NULL,'token:owner',NULL,NULL,'2026-03-28 09:04:00.000000','2026-03-28 09:04:00.000000');
INSERT INTO "stock_movements" VALUES('019d3428786478ccad5db79ba2a7ae1f','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 11:16:00.740736');
INSERT INTO "stock_movements" VALUES('019d342ee18078d38c667e971773308c','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 11:23:00.864192');
INSERT INTO "stock_movements" VALUES('019d34354a9b7085815af341ee52bdb6','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',6,'supplier','quality_control','supplier to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 11:30:00.987648','2026-03-28 11:30:00.987648');
INSERT INTO "stock_movements" VALUES('019d343bb3b77de0954ed51212093d26','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'adjustment','available','adjustment to available',NULL,'token:owner',NULL,NULL,'2026-03-28 11:37:01.111104','2026-03-28 11:37:01.111104');
INSERT INTO "stock_movements" VALUES('019d34421cd2747f816e2284c10faa40','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'adjustment','damaged','adjustment to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:44:01.234560','2026-03-28 11:44:01.234560');
INSERT INTO "stock_movements" VALUES('019d344885ee72f69ff3078fcc1b0c3e','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','adjustment','available to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 11:51:01.358016','2026-03-28 11:51:01.358016');
INSERT INTO "stock_movements" VALUES('019d344eef097414a8dd37eb2adf559a','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:58:01.481472','2026-03-28 11:58:01.481472');
INSERT INTO "stock_movements" VALUES('019d345558247a5d85ddb87da81aa40a','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','supplier','available to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 12:05:01.604928','2026-03-28 12:05:01.604928');
INSERT INTO "stock_movements" VALUES('019d345bc14077f1926eb523b3df44a4','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'customer','adjustment','customer to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 12:12:01.728384','2026-03-28 12:12:01.728384');
INSERT INTO "stock_movements" VALUES('019d34622a5b757da2f5680c4fdf8e1a','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'customer','available','customer to available',NULL,'token:owner',NULL,NULL,'2026-03-28 12:19:01.851840','2026-03-28 12:19:01.851840');
INSERT INTO "stock_movements" VALUES('019d34689377740c9bd7ce734227de21','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'customer','damaged','customer to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:26:01.975296','2026-03-28 12:26:01.975296');
INSERT INTO "stock_movements" VALUES('019d346efc927f70b586fca7fa0b8518','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'customer','quality_control','customer to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 12:33:02.098752','2026-03-28 12:33:02.098752');
INSERT INTO "stock_movements" VALUES('019d347565ae7398855455e8f9bddea5','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:40:02.222208','2026-03-28 12:40:02.222208');
INSERT INTO "stock_movements" VALUES('019d347bcec97f5ab80599e9090b20bb','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'damaged','adjustment','damaged to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 12:47:02.345664','2026-03-28 12:47:02.345664');
INSERT INTO "stock_movements" VALUES('019d348237e576d2ad9cedde819d7ca7','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:54:02.469120','2026-03-28 12:54:02.469120');
INSERT INTO "stock_movements" VALUES('019d3488a1007a17b9c08feffa1b1bf1','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'damaged','available','damaged to available',NULL,'token:owner',NULL,NULL,'2026-03-28 13:01:02.592576','2026-03-28 13:01:02.592576');
INSERT INTO "stock_movements" VALUES('019d348f0a1c7860b9235bc0736a947a','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 13:08:02.716032','2026-03-28 13:08:02.716032');
INSERT INTO "stock_movements" VALUES('019d349573377cda936aa40cacc66a57','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'damaged','supplier','damaged to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 13:15:02.839488','2026-03-28 13:15:02.839488');
INSERT INTO "stock_movements" VALUES('019d349bdc527bcc8f0c8a896d21f4cd','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'quality_control','available','quality_control to available',NULL,'token:owner',NULL,NULL,'2026-03-28 13:22:02.962944','2026-03-28 13:22:02.962944');
INSERT INTO "stock_movements" VALUES('019d34a2456e70c3a023033d364e433f','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'quality_control','damaged','quality_control to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 13:29:03.086400','2026-03-28 13:29:03.086400');
INSERT INTO "stock_movements" VALUES('019d34a8ae897020a1615022409a8a78','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',3,'available','committed','ordered',NULL,'token:owner','order','019d34a8ae897ead8f73fd941391f9b9','2026-03-28 13:36:03.209856','2026-03-28 13:36:03.209856');
INSERT INTO "stock_movements" VALUES('019d34af17a57e6bb652d00837b4000b','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',2,'available','adjustment','stocktake',NULL,'token:owner','count','019d34af17a57d1e973082d609b4e5d2','2026-03-28 13:29:03.086400','2026-03-28 13:43:03.333312');
INSERT INTO "stock_movements" VALUES('019d34b580c07b4387af3626f9495568','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','stocktake','spring','token:owner','count','019d34b580c07deb9e26e655d3f21dcc','2026-03-28 13:50:03.456768','2026-03-28 13:50:03.456768');
INSERT INTO "stock_movements" VALUES('019d34bbe9dc792cb4accd781959b9ef','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',5,'available','transit','sent',NULL,'token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 13:57:03.580224','2026-03-28 13:57:03.580224');
INSERT INTO "stock_movements" VALUES('019d34c252f777e0b1b1c27e976699cc','019d341ba62d7589aa17b9af5b569643','019d34086adb7bdbb03edca7e2dcaa37',5,'transit','available','received',NULL,'token:owner','transfer','019d34bbe9dc758cb34de73d60c290d0','2026-03-28 14:04:03.703680','2026-03-28 14:04:03.703680');
INSERT INTO "stock_movements" VALUES('019d34c8bc13753484673b757ff2e341','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',4,'available','transit','sent',NULL,'token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:11:03.827136','2026-03-28 14:11:03.827136');
INSERT INTO "stock_movements" VALUES('019d34cf252e70498806aa81e65150b5','019d341ba62d7589aa17b9af5b569643','019d34086adb7bdbb03edca7e2dcaa37',2,'transit','available','received',NULL,'token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:18:03.950592','2026-03-28 14:18:03.950592');
INSERT INTO "stock_movements" VALUES('019d34d58e4a7fcb8fa6cf3e53e6d093','019d341ba62d7589aa17b9af5b569643','019d34086adb7bdbb03edca7e2dcaa37',2,'transit','adjustment','lost',NULL,'token:owner','transfer','019d34c8bc1378118bcb6b2263db01fc','2026-03-28 14:25:04.074048','2026-03-28 14:25:04.074048');
INSERT INTO "stock_movements" VALUES('019d34dbf765718aaca91679443baac5','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',3,'available','transit','sent',NULL,'token:owner','transfer','019d34dbf7657369ade2b33b56cef8ec','2026-03-28 14:32:04.197504','2026-03-28 14:32:04.197504');
INSERT INTO "stock_movements" VALUES('019d34e260807aff96730839e1e48557','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34e260807ea198068a9d8c31406d','2026-03-28 14:39:04.320960','2026-03-28 14:39:04.320960');
INSERT INTO "stock_movements" VALUES('019d34e260807c49bc081bb788c9da8a','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34e260807ea198068a9d8c31406d','2026-03-28 14:39:04.320960','2026-03-28 14:39:04.320960');
INSERT INTO "stock_movements" VALUES('019d34e8c99c72b4a20d672b15ad9a9d','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34e8c99c70a6b9b8163510b8fe22','2026-03-28 14:46:04.444416','2026-03-28 14:46:04.444416');
INSERT INTO "stock_movements" VALUES('019d34e8c99c789fa9367ed92aa3300b','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34e8c99c70a6b9b8163510b8fe22','2026-03-28 14:46:04.444416','2026-03-28 14:46:04.444416');
INSERT INTO "stock_movements" VALUES('019d34ef32b775e1815ac400d7547080','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 14:53:04.567872','2026-03-28 14:53:04.567872');
INSERT INTO "stock_movements" VALUES('019d34ef32b771d1971ceeee56befa39','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 14:53:04.567872','2026-03-28 14:53:04.567872');
INSERT INTO "stock_movements" VALUES('019d34f59bd37e32b7115c02f44d7e40','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:00:04.691328','2026-03-28 15:00:04.691328');
INSERT INTO "stock_movements" VALUES('019d34f59bd37944a2a608bf7d2186d3','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:00:04.691328','2026-03-28 15:00:04.691328');
INSERT INTO "stock_movements" VALUES('019d34fc04ee76808a04ef48521b18a9','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'reserved','available','released',NULL,'token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 15:07:04.814784','2026-03-28 15:07:04.814784');
INSERT INTO "stock_movements" VALUES('019d34fc04ee7dd9a156c4df12bccdcb','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'reserved','available','released',NULL,'token:owner','reservation','019d34ef32b7781a99a74924550d40dd','2026-03-28 15:07:04.814784','2026-03-28 15:07:04.814784');
INSERT INTO "stock_movements" VALUES('019d350098ce725b89c1ffeffdc1786b','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:12:04.814784','2026-03-28 15:12:04.814784');
INSERT INTO "stock_movements" VALUES('019d350098ce7574a0012170d418f7af','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d34f59bd37c7a9a9e994cf1a9a658','2026-03-28 15:12:04.814784','2026-03-28 15:12:04.814784');
INSERT INTO "stock_movements" VALUES('019d350701ea71d7acd1345e88c780f6','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240','2026-03-28 15:19:04.938240');
INSERT INTO "stock_movements" VALUES('019d350701ea746fa592067375305db7','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'reserved','available','hold_left_over',NULL,'token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240','2026-03-28 15:19:04.938240');
INSERT INTO "stock_movements" VALUES('019d350701ea70bb8979cb061b943cfc','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d350701ea760fad192da3c82ad589','2026-03-28 15:19:04.938240','2026-03-28 15:19:04.938240');
INSERT INTO "stock_movements" VALUES('019d350d6b057ae4aad9a40a736ebf51','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d350d6b05703aaba018ea9d19ee45','2026-03-28 15:26:05.061696','2026-03-28 15:26:05.061696');
INSERT INTO "stock_movements" VALUES('019d3513d42174b7917f6494e8c2d219','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',2,'committed','customer','shipped',NULL,'token:owner','shipment','019d3513d42176f49a5356b5d85328b6','2026-03-28 15:33:05.185152','2026-03-28 15:33:05.185152');
INSERT INTO "stock_movements" VALUES('019d351a3d3c7ecfbb8a99a2c96fa758','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',4,'available','committed','ordered',NULL,'token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:40:05.308608','2026-03-28 15:40:05.308608');
INSERT INTO "stock_movements" VALUES('019d3520a6587513a9d40f2b106ee2ab','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'committed','customer','shipped',NULL,'token:owner','shipment','019d3520a6587641b32902f451fbfcc7','2026-03-28 15:47:05.432064','2026-03-28 15:47:05.432064');
INSERT INTO "stock_movements" VALUES('019d35270f7374009c823d9e74b31bfb','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'committed','available','cancelled',NULL,'token:owner','order','019d351a3d3c719990806f017a1d556c','2026-03-28 15:54:05.555520','2026-03-28 15:54:05.555520');
INSERT INTO "stock_movements" VALUES('019d352d788e78a8aee7af97425375be','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:01:05.678976','2026-03-28 16:01:05.678976');
INSERT INTO "stock_movements" VALUES('019d3533e1aa714d9c47577b3f12d68e','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',2,'committed','available','cancelled',NULL,'token:owner','order','019d352d788e7e43bade312dc725bd97','2026-03-28 16:08:05.802432','2026-03-28 16:08:05.802432');
INSERT INTO "stock_movements" VALUES('019d353a4ac57cad91158de52fd2f792','019d341ba62d7589aa17b9af5b569643','019d33abf28071038386bbc4cd613e30',1,'available','committed','sold',NULL,'token:owner','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:15:05.925888','2026-03-28 16:15:05.925888');
INSERT INTO "stock_movements" VALUES('019d3540b3e173ed8d84e990ebddb098','019d340ed3f67de9bb297d0b0e5e18ba','019d33abf28071038386bbc4cd613e30',1,'supplier','available','supplier to available',NULL,'token:owner',NULL,NULL,'2026-03-28 16:22:06.049344','2026-03-28 16:22:06.049344');
INSERT INTO "stock_movements" VALUES('019d3540b3e17cea943863a59c842b6a','019d340ed3f67de9bb297d0b0e5e18ba','019d33abf28071038386bbc4cd613e30',1,'available','committed','short_filled',NULL,'store','order','019d353a4ac5772b80d76560fbbe9381','2026-03-28 16:22:06.049344','2026-03-28 16:22:06.049344');
INSERT INTO "stock_movements" VALUES('019d35471cfc7132baaad6511227932f','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d35471cfc7cec85373b76385c1b33','2026-03-28 16:29:06.172800','2026-03-28 16:29:06.172800');
INSERT INTO "stock_movements" VALUES('019d35672a0a79fba730cb28d22f02f3','019d35672a0a750f879d444008216b65','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','opening_stock',NULL,'token:owner','import','019d35672a0a7244b4ecf2ede4cd6075','2026-03-28 17:04:06.666624','2026-03-28 17:04:06.666624');
INSERT INTO "stock_movements" VALUES('019d356d93267ae8907d72d5c71c5cf1','019d340ed3f67f31ad14475b349aae90','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d356d93267286899918a76ec15d38','2026-03-28 17:11:06.790080','2026-03-28 17:11:06.790080');
CREATE TABLE store (
	id INTEGER NOT NULL, 
	instance_id CHAR(32) NOT NULL, 
	epoch INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	created_at DATETIME NOT NULL, 
	probed_at DATETIME, name VARCHAR(200) DEFAULT 'My store' NOT NULL, time_zone VARCHAR(64) DEFAULT 'UTC' NOT NULL, default_policy VARCHAR(16) DEFAULT 'strict' NOT NULL, on_hand_edit VARCHAR(16) DEFAULT 'ask' NOT NULL, deliveries_days INTEGER DEFAULT '30' NOT NULL, writes_days INTEGER DEFAULT '400' NOT NULL, events_days INTEGER DEFAULT '90' NOT NULL, answers_days INTEGER DEFAULT '7' NOT NULL, version INTEGER DEFAULT '1' NOT NULL, recovering_since DATETIME, recovering_why VARCHAR(32), knows_until DATETIME, place VARCHAR(200), own_orders BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_store PRIMARY KEY (id), 
	CONSTRAINT ck_store_one_row CHECK (id = 1)
);
INSERT INTO "store" VALUES(1,'019d33abf2807d8e91b7584a2265b1f5',2,'EUR','2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000','My store','UTC','strict','ask',30,400,90,7,1,'2026-03-28 10:04:00.000000','restored','2026-03-28 09:06:13.637808',NULL,1);
CREATE TABLE stored_answers (
	token_id CHAR(32) NOT NULL, 
	route VARCHAR(200) NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	status INTEGER NOT NULL, 
	body BLOB, 
	stored_at DATETIME NOT NULL, 
	CONSTRAINT pk_stored_answers PRIMARY KEY (token_id, route, "key")
);
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/imports','the-shelf','8c48125452daa592e5f508d6f00e22ca2b5563578f982d5c2b51fffd921c3016',202,X'7B226964223A2230313964333536372D326130612D373234342D623465632D663265646534636436303735222C22737461747573223A2277616974696E67222C226E616D65223A227368656C662E637376222C22666F726D6174223A6E756C6C2C226C6F636174696F6E223A2253545544494F222C2273697A655F6279746573223A39322C226C696E6573223A6E756C6C2C226C696E65223A302C22726F7773223A302C226261645F726F7773223A302C2270726F64756374735F63726561746564223A302C2270726F64756374735F6368616E676564223A302C22736B75735F63726561746564223A302C22736B75735F6368616E676564223A302C22736B75735F756E6368616E676564223A302C22756E697473223A302C226572726F7273223A302C22726561736F6E223A6E756C6C2C22637265617465645F6174223A22323032362D30332D32385431373A30343A30362E3636363632345A222C22757064617465645F6174223A22323032362D30332D32385431373A30343A30362E3636363632345A222C2266696E69736865645F6174223A6E756C6C7D','2026-03-28 17:04:06.666624');
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/orders','the-web-shops-first-order','4536d999e0eb802abac984308becf38378c2afe011e022b2746d332c13914ea6',201,X'7B226964223A2230313964333536642D393332362D373238362D383939392D313861373665633135643338222C227265666572656E6365223A225745422D31303031222C226368616E6E656C5F6964223A6E756C6C2C2265787465726E616C5F6964223A6E756C6C2C22737461747573223A226F70656E222C2270616964223A747275652C22686F6C645F756E74696C223A6E756C6C2C2263616E63656C5F7265717565737465645F6174223A6E756C6C2C22736F6C64223A66616C73652C2274657374223A66616C73652C2266756C66696C6C65645F6279223A227573222C22636F6E746163745F6964223A6E756C6C2C22736869705F746F5F6964223A6E756C6C2C227265736572766174696F6E5F6964223A6E756C6C2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C227368697070696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22726F756E64696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C227072696365735F696E636C7564655F746178223A66616C73652C2270726573656E746D656E74223A6E756C6C2C22736869705F6279223A6E756C6C2C22706C616365645F6174223A22323032362D30332D32385431373A31313A30362E3739303038305A222C22757064617465645F6174223A22323032362D30332D32385431373A31313A30362E3739303038305A222C2263616E63656C6C65645F6174223A6E756C6C2C2263616E63656C5F726561736F6E223A6E756C6C2C226C696E6573223A5B7B226964223A2230313964333536642D393332362D376463612D623666652D626333613063366535393733222C22736B75223A224D55472D424C5545222C22736B755F6964223A2230313964333430652D643366362D376633312D616431342D343735623334396161653930222C226C697374696E675F6964223A6E756C6C2C2266756C66696C6C65645F6279223A227573222C227469746C65223A6E756C6C2C227175616E74697479223A312C2263616E63656C6C6564223A302C2273686970706564223A302C22636F6D6D6974746564223A312C2273686F7274223A302C22756E69745F7072696365223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2270726573656E746D656E74223A6E756C6C2C22636F6D6D69746D656E7473223A5B7B226C6F636174696F6E223A2253545544494F222C227175616E74697479223A312C2273686970706564223A302C22756E69745F636F7374223A7B22616D6F756E74223A3331302C2263757272656E6379223A22455552227D7D5D7D5D7D','2026-03-28 17:11:06.790080');
CREATE TABLE tokens (
	id CHAR(32) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	scope VARCHAR(16) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT uq_tokens_hash UNIQUE (hash)
);
INSERT INTO "tokens" VALUES('019d33abf28077ec9e2feb89414c343c','owner','admin','1e9f063d4e7bf8405de09af874b0e5409b45ca4ce4c245734c66876013b60aa0','2026-03-28 09:00:00.000000',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('019d35672a0a7e82ac153076cdc98666','web shop','write','8dc3239a67cde62f8a36ceba09f210f7c20f594aba42ca22f8ae44bcf07357e3','2026-03-28 17:04:06.666624',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('019d35672a0a7f1b9739543b8d8e3b13','old','read','d8e01d888ce1a960dd6b660574130f0863485c5524d073a150af0cc115f2730d','2026-03-28 17:04:06.666624','2026-03-29 17:04:06.666624',NULL,NULL);
INSERT INTO "tokens" VALUES('019d35672a0a7b0bbca7cb5fbf05f8fa','lost','admin','f216757c09affeb0f919430f6fadfb6c30fd9ced6813b4b662e3f2d95b229078','2026-03-28 17:04:06.666624',NULL,'2026-03-28 17:04:06.666624',NULL);
CREATE TABLE transfer_lines (
	transfer_id CHAR(32) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	sent INTEGER NOT NULL, 
	received INTEGER NOT NULL, 
	lost INTEGER NOT NULL, 
	CONSTRAINT pk_transfer_lines PRIMARY KEY (transfer_id, sku_id), 
	CONSTRAINT ck_transfer_lines_sent_positive CHECK (sent > 0), 
	CONSTRAINT ck_transfer_lines_received_not_negative CHECK (received >= 0), 
	CONSTRAINT ck_transfer_lines_lost_not_negative CHECK (lost >= 0), 
	CONSTRAINT ck_transfer_lines_no_more_than_sent CHECK (received + lost <= sent), 
	CONSTRAINT fk_transfer_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id), 
	CONSTRAINT fk_transfer_lines_transfer_id FOREIGN KEY(transfer_id) REFERENCES transfers (id)
);
INSERT INTO "transfer_lines" VALUES('019d34bbe9dc758cb34de73d60c290d0','019d341ba62d7589aa17b9af5b569643',5,5,0);
INSERT INTO "transfer_lines" VALUES('019d34c8bc1378118bcb6b2263db01fc','019d341ba62d7589aa17b9af5b569643',4,2,2);
INSERT INTO "transfer_lines" VALUES('019d34dbf7657369ade2b33b56cef8ec','019d340ed3f67f31ad14475b349aae90',3,0,0);
CREATE TABLE transfers (
	id CHAR(32) NOT NULL, 
	source_id CHAR(32) NOT NULL, 
	target_id CHAR(32) NOT NULL, 
	reference VARCHAR(200), 
	sent_at DATETIME NOT NULL, 
	CONSTRAINT pk_transfers PRIMARY KEY (id), 
	CONSTRAINT ck_transfers_two_places CHECK (source_id <> target_id), 
	CONSTRAINT fk_transfers_source_id FOREIGN KEY(source_id) REFERENCES locations (id), 
	CONSTRAINT fk_transfers_target_id FOREIGN KEY(target_id) REFERENCES locations (id)
);
INSERT INTO "transfers" VALUES('019d34bbe9dc758cb34de73d60c290d0','019d33abf28071038386bbc4cd613e30','019d34086adb7bdbb03edca7e2dcaa37',NULL,'2026-03-28 13:57:03.580224');
INSERT INTO "transfers" VALUES('019d34c8bc1378118bcb6b2263db01fc','019d33abf28071038386bbc4cd613e30','019d34086adb7bdbb03edca7e2dcaa37',NULL,'2026-03-28 14:11:03.827136');
INSERT INTO "transfers" VALUES('019d34dbf7657369ade2b33b56cef8ec','019d33abf28071038386bbc4cd613e30','019d34086adb7bdbb03edca7e2dcaa37',NULL,'2026-03-28 14:32:04.197504');
CREATE TABLE write_entries (
	write_id CHAR(32) NOT NULL, 
	counter_id CHAR(32) NOT NULL, 
	change INTEGER NOT NULL, 
	expected INTEGER NOT NULL, 
	value INTEGER NOT NULL, 
	guard INTEGER, 
	put_back_since INTEGER NOT NULL, 
	learned_since INTEGER NOT NULL, 
	reading INTEGER, 
	CONSTRAINT pk_write_entries PRIMARY KEY (write_id, counter_id), 
	CONSTRAINT fk_write_entries_counter_id FOREIGN KEY(counter_id) REFERENCES counters (id), 
	CONSTRAINT fk_write_entries_write_id FOREIGN KEY(write_id) REFERENCES writes (id)
);
INSERT INTO "write_entries" VALUES('019d33abf2807076b9d179e06c0fd4f5','019d33abf280761ba1988ad9f06c144a',0,0,0,NULL,0,0,0);
INSERT INTO "write_entries" VALUES('019d33ac06087584bbab6c398d88348a','019d33abf280761ba1988ad9f06c144a',5,0,5,NULL,0,0,NULL);
INSERT INTO "write_entries" VALUES('019d33adc740796588beab134da98f1d','019d33abf280761ba1988ad9f06c144a',2,2,4,NULL,0,0,NULL);
INSERT INTO "write_entries" VALUES('019d33e68a807e8db589a82b5a702cfa','019d33abf280761ba1988ad9f06c144a',0,4,4,NULL,0,0,4);
INSERT INTO "write_entries" VALUES('019d33f446207babb50592859be3cecb','019d33abf280761ba1988ad9f06c144a',0,4,4,NULL,0,0,4);
CREATE TABLE writes (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	unit VARCHAR(200) NOT NULL, 
	mode VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	epoch INTEGER NOT NULL, 
	fence BIGINT NOT NULL, 
	body JSON, 
	sends INTEGER NOT NULL, 
	repeatable BOOLEAN NOT NULL, 
	due_at DATETIME, 
	sent_at DATETIME, 
	unknown_since DATETIME, 
	settle_after DATETIME, 
	ticket VARCHAR(200), 
	outcome VARCHAR(32), 
	detail VARCHAR(500), 
	created_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	CONSTRAINT pk_writes PRIMARY KEY (id), 
	CONSTRAINT fk_writes_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id)
);
INSERT INTO "writes" VALUES('019d33abf2807076b9d179e06c0fd4f5','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d33ab-f280-7f80-b773-0edfafbd67f9',1,1,'null',0,1,NULL,NULL,NULL,'2026-03-28 09:00:00.000000',NULL,'read',NULL,'2026-03-28 09:00:00.000000','2026-03-28 09:00:05.000000');
INSERT INTO "writes" VALUES('019d33ac06087584bbab6c398d88348a','019d33abf28073ab8d447e35b8b6d8fe','BOWL','compare_and_set','closed','1-019d33ac-0608-77ef-b06d-3fef701966a0',1,1,'{"unit":"BOWL","key":"1-019d33ac-0608-77ef-b06d-3fef701966a0","counters":[["BOWL",5,0,5]]}',1,1,NULL,'2026-03-28 09:00:05.000000',NULL,NULL,NULL,'done',NULL,'2026-03-28 09:00:05.000000','2026-03-28 09:00:05.000000');
INSERT INTO "writes" VALUES('019d33adc740796588beab134da98f1d','019d33abf28073ab8d447e35b8b6d8fe','BOWL','compare_and_set','closed','1-019d33ad-c740-730a-ab99-254ae901e35c',1,1,'{"unit":"BOWL","key":"1-019d33ad-c740-730a-ab99-254ae901e35c","counters":[["BOWL",2,2,4]]}',1,1,NULL,'2026-03-28 09:02:00.000000',NULL,NULL,NULL,'done',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "writes" VALUES('019d33e68a807e8db589a82b5a702cfa','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d33e6-8a80-793f-98f3-3418f3d4e711',2,7,'null',0,1,NULL,NULL,NULL,'2026-03-28 10:04:00.000000',NULL,'read',NULL,'2026-03-28 10:04:00.000000','2026-03-28 10:04:05.000000');
INSERT INTO "writes" VALUES('019d33f446207babb50592859be3cecb','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d33f4-4620-78c6-a8c2-4d4244ef7feb',2,7,'null',0,1,NULL,NULL,NULL,'2026-03-28 10:19:00.000000',NULL,'read',NULL,'2026-03-28 10:19:00.000000','2026-03-28 10:19:05.000000');
CREATE INDEX ix_contacts_buyer_id ON contacts (buyer_id);
CREATE INDEX ix_events_tx_seq ON events (tx, seq);
CREATE INDEX ix_reservations_held ON reservations (expires_at) WHERE status = 'held';
CREATE INDEX ix_stored_answers_stored_at ON stored_answers (stored_at);
CREATE INDEX ix_orders_reference ON orders (reference) WHERE reference IS NOT NULL;
CREATE INDEX ix_orders_status_id ON orders (status, id);
CREATE INDEX ix_orders_updated_at ON orders (updated_at);
CREATE INDEX ix_skus_product_id ON skus (product_id);
CREATE INDEX ix_order_lines_order_id ON order_lines (order_id);
CREATE INDEX ix_order_lines_sku_id ON order_lines (sku_id);
CREATE INDEX ix_reservation_lines_held ON reservation_lines (sku_id, location_id) WHERE quantity > 0;
CREATE INDEX ix_shipments_order_id ON shipments (order_id);
CREATE INDEX ix_stock_levels_location_id_sku_id ON stock_levels (location_id, sku_id);
CREATE INDEX ix_stock_movements_cause_id ON stock_movements (cause_id);
CREATE INDEX ix_stock_movements_sku_id_location_id_occurred_at ON stock_movements (sku_id, location_id, occurred_at);
CREATE INDEX ix_commitments_order_id ON commitments (order_id);
CREATE INDEX ix_commitments_owed ON commitments (sku_id, location_id, promised_at) WHERE quantity > 0;
CREATE INDEX ix_shipment_lines_line_id ON shipment_lines (line_id);
CREATE INDEX ix_shipment_lines_shipment_id ON shipment_lines (shipment_id);
CREATE INDEX ix_products_handle ON products (handle);
CREATE INDEX ix_products_updated_at ON products (updated_at);
CREATE INDEX ix_skus_code_mirror ON skus (code_mirror);
CREATE INDEX ix_skus_updated_at ON skus (updated_at);
CREATE INDEX ix_sku_aliases_sku_id ON sku_aliases (sku_id);
CREATE INDEX ix_imports_open ON imports (id) WHERE status IN ('waiting', 'running');
CREATE INDEX ix_stock_count_lines_sku_id ON stock_count_lines (sku_id);
CREATE UNIQUE INDEX uq_channels_account ON channels (kind, account) WHERE status <> 'disconnected' AND account IS NOT NULL;
CREATE INDEX ix_exceptions_closed_at_id ON exceptions (closed_at, id);
CREATE UNIQUE INDEX uq_exceptions_open ON exceptions (cause, subject) WHERE closed_at IS NULL;
CREATE INDEX ix_deliveries_channel_id_id ON deliveries (channel_id, id);
CREATE INDEX ix_deliveries_received_at ON deliveries (received_at);
CREATE INDEX ix_deliveries_waiting ON deliveries (channel_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX ix_writes_channel_id_id ON writes (channel_id, id);
CREATE INDEX ix_writes_closed_at ON writes (closed_at);
CREATE UNIQUE INDEX uq_writes_open ON writes (channel_id, unit) WHERE closed_at IS NULL;
CREATE INDEX ix_counters_channel_id_unit ON counters (channel_id, unit);
CREATE INDEX ix_counters_due ON counters (channel_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_counters_rebase ON counters (channel_id, rebase_at) WHERE rebase_at IS NOT NULL;
CREATE INDEX ix_counters_sku_id ON counters (sku_id);
CREATE INDEX ix_sku_plans_due ON sku_plans (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_sku_plans_planned_at ON sku_plans (planned_at);
CREATE INDEX ix_allotments_sku_id_location_id ON allotments (sku_id, location_id);
CREATE INDEX ix_listings_counter_id ON listings (counter_id);
CREATE INDEX ix_listings_open ON listings (channel_id, id) WHERE mapping = 'open';
CREATE INDEX ix_notices_waiting ON notices (channel_id, due_at) WHERE state = 'waiting';
CREATE INDEX ix_write_entries_counter_id ON write_entries (counter_id);
CREATE INDEX ix_listing_components_sku_id ON listing_components (sku_id);
CREATE INDEX ix_listing_ids_listing_id ON listing_ids (listing_id);
CREATE INDEX ix_order_lines_listing ON order_lines (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX ix_orders_unpaid ON orders (channel_id, hold_until) WHERE NOT paid AND NOT lapsed AND status = 'open';
CREATE UNIQUE INDEX uq_orders_external ON orders (channel_id, external_id) WHERE channel_id IS NOT NULL;
CREATE INDEX ix_alerts_made_at ON alerts (made_at);
CREATE INDEX ix_alert_sends_waiting ON alert_sends (due_at) WHERE state = 'waiting';
CREATE INDEX ix_alert_exceptions_alert_id ON alert_exceptions (alert_id);
CREATE INDEX ix_consents_channel_id ON consents (channel_id);
CREATE INDEX ix_contacts_known_as ON contacts (known_as);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',121);
COMMIT;
