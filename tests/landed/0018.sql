BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0018');
CREATE TABLE alert_exceptions (
	exception_id CHAR(32) NOT NULL, 
	alert_id CHAR(32) NOT NULL, 
	over_told BOOLEAN NOT NULL, 
	CONSTRAINT pk_alert_exceptions PRIMARY KEY (exception_id), 
	CONSTRAINT fk_alert_exceptions_alert_id FOREIGN KEY(alert_id) REFERENCES alerts (id), 
	CONSTRAINT fk_alert_exceptions_exception_id FOREIGN KEY(exception_id) REFERENCES exceptions (id)
);
INSERT INTO "alert_exceptions" VALUES('019d33bed9a778c79c3bf364eb8ac8ce','019d33f446207f529be3cecb8c497c68',0);
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
INSERT INTO "alert_sends" VALUES('019d33f446207f529be3cecb8c497c68','mail','waiting',0,'2026-03-28 10:19:00.000000',NULL,NULL);
CREATE TABLE alerts (
	id CHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	title VARCHAR(300) NOT NULL, 
	text TEXT NOT NULL, 
	data JSON NOT NULL, 
	made_at DATETIME NOT NULL, 
	CONSTRAINT pk_alerts PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('019d33f446207f529be3cecb8c497c68','urgent','North can''t be reached','North can''t be reached
Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.
http://127.0.0.1:8000/v1/exceptions/019d33be-d9a7-78c7-9c3b-f364eb8ac8ce

All that waits for you: http://127.0.0.1:8000/v1/exceptions?open=true','{"causes":[{"cause":"channel_unreachable","happened":"A shop can''t be reached","count":1,"advice":"Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.","url":"http://127.0.0.1:8000/v1/exceptions/019d33be-d9a7-78c7-9c3b-f364eb8ac8ce","exceptions":[{"id":"019d33be-d9a7-78c7-9c3b-f364eb8ac8ce","title":"North can''t be reached","url":"http://127.0.0.1:8000/v1/exceptions/019d33be-d9a7-78c7-9c3b-f364eb8ac8ce"}]}],"over":[]}','2026-03-28 10:19:00.000000');
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
	updated_at DATETIME NOT NULL, leaving_at DATETIME, hand_edits VARCHAR(16) DEFAULT 'overwrite' NOT NULL, 
	CONSTRAINT pk_channels PRIMARY KEY (id)
);
INSERT INTO "channels" VALUES('019d33abf28073ab8d447e35b8b6d8fe','memory','North','disconnected','{}','gAAAAABpx5iQJN-cb4sIIMHvN6EJ_Y_JdOaMP1LWvZGXj1cCqkRcjdrCGPYOdAPRzhCKVFSm6PrLv33TIHXyIVzikMO9ilddZ1xRA1xnNQfuzAW0lEyRay8=','{"write_mode":"compare_and_set","keyed":true,"counts_down_at":"placed","refuses_below_zero":"always","feed_lag_s":5.0,"feed_overlap_s":10.0,"poll_every_s":300.0,"read_lag_s":0.0,"late_write_s":900.0,"key_life_s":86400.0,"remembers_failures":true,"replies_quantity":true,"limited_has_no_effect":false,"deferred":false,"zero":"harmless","zero_costs":null,"drains":false,"batch":1,"reads_at_once":100,"read_cost":1.0,"hold_s":3600.0,"subscribes":true,"tells_put_back":true,"budgets":[],"currency":"EUR","account":null,"shop_name":null,"locations":{},"missing_scopes":[],"warnings":[],"keeps_time":false,"credentials_until":null}',NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',100,0,1,4,'2026-03-28 09:00:00.000000','2026-03-28 10:49:00.000000',NULL,'overwrite');
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
INSERT INTO "commitments" VALUES('019d33adc7407a47ac148cb48e73ca47','019d33adc740705bad2f89d94a2f20aa','019d33adc7407eab966b829e6a8ac4ba','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0,2,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',NULL,NULL,'2026-03-28 09:02:00.000000','committed');
INSERT INTO "commitments" VALUES('019d33adc7407b8ba5446dd4552b82f6','019d33adc7407dc2b94067edfe175330','019d33adc7407be09ef2a4f04be03db0','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,0,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',NULL,NULL,'2026-03-28 09:02:00.000000','committed');
INSERT INTO "commitments" VALUES('019d34b66a2979f6b43adc4fc7af3626','019d34b66a297d3cabe88b4675fa6dd8','019d34b66a297f979eb0e066de26e655','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',3,0,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',700,'EUR','2026-03-28 13:51:03.209856','committed');
INSERT INTO "commitments" VALUES('019d3514bd8a7d349d775b7c69dd6493','019d3514bd8a7d3c8bb662a8c979cb06','019d3514bd8a79d0832b73284bb57b5c','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 15:34:04.938240','committed');
INSERT INTO "commitments" VALUES('019d3514bd8a70a38a357568e2934bf1','019d3514bd8a7d3c8bb662a8c979cb06','019d3514bd8a717483b96d91aba018ea','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 15:34:04.938240','committed');
INSERT INTO "commitments" VALUES('019d351b26a577a2b62c228e40df7c9a','019d351b26a57d86be77344828b09a93','019d351b26a57e91af62e63a1a5356b5','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',0,2,'null',310,'EUR','2026-03-28 15:41:05.061696','committed');
INSERT INTO "commitments" VALUES('019d3527f8dc737180041e001c823d9e','019d3527f8dc7f85913dd1a6e9d40f2b','019d3527f8dc774bb844956099f86c8d','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,1,'null',310,'EUR','2026-03-28 15:55:05.308608','committed');
INSERT INTO "commitments" VALUES('019d353b342e73a3b0d3fa5c56c11669','019d353b342e7171b2a9b8a4c0d76560','019d353b342e7a4a93090287a6ea2981','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',0,0,'null',700,'EUR','2026-03-28 16:16:05.678976','committed');
INSERT INTO "commitments" VALUES('019d354806657384bebebe3e179030da','019d354806657558beefe7344d84e990','019d3548066579ca8b525b4f19d7b403','019d341c8f96707299901c0475491bc3',NULL,2,0,'null',NULL,NULL,'2026-03-28 16:30:05.925888','committed');
INSERT INTO "commitments" VALUES('019d3548066573e78eea590b05373b76','019d354806657558beefe7344d84e990','019d35480665798b8ebcc1ba943863a5','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 16:30:05.925888','committed');
INSERT INTO "commitments" VALUES('019d354e6f8174a48289eb06a2a866b4','019d354806657558beefe7344d84e990','019d3548066579ca8b525b4f19d7b403','019d341c8f96707299901c0475491bc3','019d33abf28071038386bbc4cd613e30',1,0,'null',NULL,NULL,'2026-03-28 16:30:05.925888','committed');
INSERT INTO "commitments" VALUES('019d3554d89c782493bd488e53fdf07c','019d3554d89c719ca778507cdbeef77a','019d3554d89c7cbb871a5b11805db06a','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 16:44:06.172800','committed');
INSERT INTO "commitments" VALUES('019d357b4ec67061bc5c483d420a4323','019d357b4ec6765482c8261b740c1a65','019d357b4ec672bd96b30574d6172adf','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 17:26:06.790080','committed');
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
INSERT INTO "consents" VALUES('2871752724eef1e9d25d7950f93c7a5f81b0a6c14000db317aaf0046f4a3f0f5','019d33abf28073ab8d447e35b8b6d8fe','memory','gAAAAABpx6sU_yzWms3osl5CeCQ_yz_YcpV_Zwc_9zFdp0T3NrP4fu5r9IqWAoyiC-FqNOQsvImsNkZ9sWnbgcf5Fq5sBNf-mQ==','2026-03-28 10:34:00.000000',NULL);
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
INSERT INTO "contacts" VALUES('019d351b26a57e8e8afd2973f8633958',NULL,'Ada Buyer','Kiln & Co','ada@example.org','+44 1782 000000',NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:41:05.061696',NULL,NULL);
INSERT INTO "contacts" VALUES('019d351b26a578cd8b452123d17f6494','019d351b26a57e8e8afd2973f8633958','Ada Buyer',NULL,NULL,NULL,'1 Kiln Lane','Yard','Stoke',NULL,'ST1 1AA','GB','2026-03-28 15:41:05.061696',NULL,NULL);
INSERT INTO "contacts" VALUES('019d3561aad378b8a4452ecf34ecf2ed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:58:06.419712','2026-03-28 17:05:06.543168',NULL);
INSERT INTO "contacts" VALUES('019d3561aad37082b8fe2f4be91553a9','019d3561aad378b8a4452ecf34ecf2ed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:58:06.419712','2026-03-28 17:05:06.543168',NULL);
CREATE TABLE counter_entries (
	counter_id CHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	what VARCHAR(16) NOT NULL, 
	record_id CHAR(32), 
	change INTEGER NOT NULL, 
	shown INTEGER NOT NULL, 
	below INTEGER NOT NULL, 
	held INTEGER NOT NULL, 
	actor VARCHAR(120) NOT NULL, 
	CONSTRAINT pk_counter_entries PRIMARY KEY (counter_id, number), 
	CONSTRAINT fk_counter_entries_counter_id_counters FOREIGN KEY(counter_id) REFERENCES counters (id)
)
 WITHOUT ROWID

;
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',1,'2026-03-28 09:00:05.000000','reading','019d33abf2807076b9d179e06c0fd4f5',0,0,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',2,'2026-03-28 09:00:05.000000','write','019d33ac06087584bbab6c398d88348a',5,5,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',3,'2026-03-28 09:02:00.000000','order','019d33adc7407eab966b829e6a8ac4ba',-2,3,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',4,'2026-03-28 09:02:00.000000','order','019d33adc7407be09ef2a4f04be03db0',-1,2,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',5,'2026-03-28 09:02:00.000000','write','019d33adc74074d8b099fdf5ab99254a',2,4,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',6,'2026-03-28 09:04:35.000000','reading','019d33b011307bceacab1a6bc69d4bd8',1,5,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',7,'2026-03-28 09:04:35.000000','write','019d33b024b87bb9bd5c8dfc5eda92d8',-1,4,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',8,'2026-03-28 10:19:05.000000','reading','019d33f44620734a8fb5262cc7038069',0,4,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
INSERT INTO "counter_entries" VALUES('019d33abf280761ba1988ad9f06c144a',9,'2026-03-28 10:34:05.000000','reading','019d340201c075d79eb8fc4c7b297d0b',0,4,0,0,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe');
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
	updated_at DATETIME NOT NULL, entries INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY (id), 
	CONSTRAINT ck_counters_below_not_negative CHECK (below >= 0), 
	CONSTRAINT ck_counters_held_not_negative CHECK (held >= 0), 
	CONSTRAINT ck_counters_per_positive CHECK (per > 0), 
	CONSTRAINT fk_counters_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_counters_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id), 
	CONSTRAINT uq_counters_channel_id_external_id UNIQUE (channel_id, external_id)
);
INSERT INTO "counters" VALUES('019d33abf280761ba1988ad9f06c144a','019d33abf28073ab8d447e35b8b6d8fe','BOWL','BOWL','019d33abf28079b9aec9d28663ca828d',1,'BOWL',4,0,0,0,1,1,'active',NULL,7,NULL,0,NULL,NULL,NULL,'2026-03-28 09:00:05.000000',4,'2026-03-28 10:34:00.000000',4.28571428571428547638e-01,'2026-03-28 09:02:00.000000','2026-03-28 09:00:00.000000','2026-03-28 10:34:05.000000',9);
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
INSERT INTO "deliveries" VALUES('019d33adc7407382ad45f23d3b1a11df','019d33abf28073ab8d447e35b8b6d8fe','a908f2af15ecd80097065677da50960f7520f8eb092b6c9fab8a1201f324db79','order','gAAAAABpx5kIUHF-8sYKjYfrRN25hPz_mxNb4pZFctXGBTLHL0dIgn1iZl5uwfpS8_2inijaNMkufU7vMQ5Cqa75Qco6lHkuZaJaxdDFHAVL3xpeTu1YbWN_LwjiUIRm2tT4WQfnHEeW0x70FperXgD7IBzu-MFeyLnEU9Dl86svV-BRkf4VEsmA_z18eGHyfyUg1ulysFTRBxbgJ3MJe4zRTCuPi3aKc2N3efbzzQNW-TyW_3V4UYYNRQqLa2buXomMrk6RHamhq17C9Zb7gzbMwAHRnK4C1Q==',39,'done',1,0,'2026-03-28 09:02:00.000000',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "deliveries" VALUES('019d33adc7407f3db5a89294c2cd789a','019d33abf28073ab8d447e35b8b6d8fe','3a527a67e823d8e5fd4ee34dbc51666fd7c0b94c3d86223d06e3c871f5d6ed50','order','gAAAAABpx5kIeNEDVhoCuM0Xoqi9sY3SHA0pmKyKhr8gA15Q2ZM08XcVYAAxwSwzho3p0NgTOg-ugd6U8-rL2aXkyeDE96l6iQpNe0nOTKpegOiZhePHvNvsTK6ytAOOA0lLLpZIJz1OwRacAqaMweYY5Xn-B8dOEUG3hNMcnWUDqW7WfXSz4yCpgXya8M7W2v6IE0fJg45_jyf0wcytCHqeZgNwRUJzh-3Fzn_YEvadJeL9A1-bmQ6awcrAgmIh9HDqp4B3PFFPtYoUF5vdhdOjf2viX-syFg==',39,'done',1,0,'2026-03-28 09:02:00.000000',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
CREATE TABLE differences (
	id CHAR(32) NOT NULL, 
	channel_id CHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	counter_id CHAR(32), 
	title VARCHAR(300) NOT NULL, 
	cause VARCHAR(24) NOT NULL, 
	expected INTEGER, 
	seen INTEGER, 
	facts JSON NOT NULL, 
	times INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	named_at DATETIME, 
	outcome VARCHAR(16), 
	closed_at DATETIME, 
	closed_by VARCHAR(120), 
	CONSTRAINT pk_differences PRIMARY KEY (id), 
	CONSTRAINT fk_differences_channel_id_channels FOREIGN KEY(channel_id) REFERENCES channels (id), 
	CONSTRAINT fk_differences_counter_id_counters FOREIGN KEY(counter_id) REFERENCES counters (id)
);
INSERT INTO "differences" VALUES('019d33b0113075dcac4a3698aa2ca1af','019d33abf28073ab8d447e35b8b6d8fe','counter','BOWL','019d33abf280761ba1988ad9f06c144a','BOWL','hand_edit',4,5,'{"unexplained":0}',2,'2026-03-28 09:04:30.000000','2026-03-28 09:04:35.000000','2026-03-28 09:04:35.000000','overwritten','2026-03-28 09:04:35.000000',NULL);
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
INSERT INTO "events" VALUES(11,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-7a10-af97-8d8719999e3f","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"allotted","target":"committed","reason":"sold"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc740705bad2f89d94a2f20aa','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(12,0,'order.placed','019d33adc740705bad2f89d94a2f20aa','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M1","reference":"#M1","status":"open","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7eab-966b-829e6a8ac4ba","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":2,"cancelled":0,"shipped":0}],"delivery_id":"019d33ad-c740-7382-ad45-f23d3b1a11df"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc740705bad2f89d94a2f20aa','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(13,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-7802-b610-a9f7f9270f4e","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"allotted","target":"committed","reason":"sold"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407dc2b94067edfe175330','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(14,0,'order.placed','019d33adc7407dc2b94067edfe175330','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M2","reference":"#M2","status":"open","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7be0-9ef2-a4f04be03db0","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":1,"cancelled":0,"shipped":0}],"delivery_id":"019d33ad-c740-7f3d-b5a8-9294c2cd789a"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407dc2b94067edfe175330','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(15,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ad-c740-76c3-b79b-17aeefba91fc","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"allotted","reason":"allotted"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(16,0,'counter.written','019d33adc74074d8b099fdf5ab99254a','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"compare_and_set","outcome":"done","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":2,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:02:00.000000');
INSERT INTO "events" VALUES(17,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33ae-b1a0-76a1-a77f-6cbdcc22af58","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d33aeb1a0764a815a47c5f0dfb4a5','2026-03-28 09:03:00.000000');
INSERT INTO "events" VALUES(18,0,'order.shipped','019d33adc740705bad2f89d94a2f20aa','{"shipment_id":"019d33ae-b1a0-764a-815a-47c5f0dfb4a5","carrier":"DHL","tracking_number":"00340434161094042558","lines":[{"line_id":"019d33ad-c740-7eab-966b-829e6a8ac4ba","quantity":2}]}','token:owner','shipment','019d33aeb1a0764a815a47c5f0dfb4a5','2026-03-28 09:03:00.000000');
INSERT INTO "events" VALUES(19,0,'order.changed','019d33adc740705bad2f89d94a2f20aa','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","external_id":"M1","reference":"#M1","status":"shipped","paid":true,"test":false,"contact_id":null,"lines":[{"id":"019d33ad-c740-7eab-966b-829e6a8ac4ba","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","quantity":2,"cancelled":0,"shipped":2}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc740705bad2f89d94a2f20aa','2026-03-28 09:04:30.000000');
INSERT INTO "events" VALUES(20,0,'difference.found','019d33b0113075dcac4a3698aa2ca1af','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","kind":"counter","cause":"undetermined","expected":4,"seen":5}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:30.000000');
INSERT INTO "events" VALUES(21,0,'channel.reconciled','019d33abf28073ab8d447e35b8b6d8fe','{"orders":1,"counters":1,"found":1}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:30.000000');
INSERT INTO "events" VALUES(22,0,'difference.named','019d33b0113075dcac4a3698aa2ca1af','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","cause":"hand_edit"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(23,0,'exception.opened','019d33b024b87822a9ec0806705fca16','{"cause":"hand_edit","severity":"warning","title":"''BOWL'' shows 5, our records say 4","channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(24,0,'counter.read','019d33b011307bceacab1a6bc69d4bd8','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":4,"shown":5}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(25,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33b0-24b8-729f-8748-03e31ba16215","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"allotted","reason":"repaid"}]}','store','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(26,0,'difference.closed','019d33b0113075dcac4a3698aa2ca1af','{"cause":"hand_edit","outcome":"overwritten"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(27,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33b0-24b8-70b1-b825-5d6807923986","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"allotted","target":"available","reason":"released"}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(28,0,'counter.written','019d33b024b87bb9bd5c8dfc5eda92d8','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"compare_and_set","outcome":"done","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":-1,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:04:35.000000');
INSERT INTO "events" VALUES(29,0,'stock.moved','019d33abf28079b9aec9d28663ca828d','{"moves":[{"id":"019d33bd-57a0-797e-9d64-3c25fbb230bb","sku_id":"019d33ab-f280-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"supplier","target":"available","reason":"fired"}]}','token:owner',NULL,NULL,'2026-03-28 09:19:00.000000');
INSERT INTO "events" VALUES(30,0,'exception.opened','019d33bed9a778c79c3bf364eb8ac8ce','{"cause":"channel_unreachable","severity":"warning","title":"North can''t be reached","channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe"}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 09:20:38.823676');
INSERT INTO "events" VALUES(31,0,'exception.closed','019d33b024b87822a9ec0806705fca16','{"by":null}','watch',NULL,NULL,'2026-03-28 10:19:00.000000');
INSERT INTO "events" VALUES(1000032,0,'channel.changed','019d33abf28073ab8d447e35b8b6d8fe','{"changes":{"status":"recovering"}}','restore',NULL,NULL,'2026-03-28 10:19:00.000000');
INSERT INTO "events" VALUES(1000033,0,'store.recovering',NULL,'{"epoch":2,"why":"restored","knows_until":"2026-03-28T10:19:00+00:00"}','restore',NULL,NULL,'2026-03-28 10:19:00.000000');
INSERT INTO "events" VALUES(1000034,0,'exception.opened','019d33f446207832bd91a1b7f03edca7','{"cause":"recovering","severity":"urgent","title":"Nothing is written to your shops: this store may be older than they are","channel_id":null}','restore',NULL,NULL,'2026-03-28 10:19:00.000000');
INSERT INTO "events" VALUES(1000035,0,'exception.closed','019d33bed9a778c79c3bf364eb8ac8ce','{"by":null}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:19:00.000000');
INSERT INTO "events" VALUES(1000036,0,'counter.read','019d33f44620734a8fb5262cc7038069','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:19:05.000000');
INSERT INTO "events" VALUES(1000037,0,'counter.read','019d340201c075d79eb8fc4c7b297d0b','{"channel_id":"019d33ab-f280-73ab-8d44-7e35b8b6d8fe","mode":"rebase","outcome":"read","counters":[{"counter_id":"019d33ab-f280-761b-a198-8ad9f06c144a","change":0,"value":4,"shown":4}]}','channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe',NULL,NULL,'2026-03-28 10:34:05.000000');
INSERT INTO "events" VALUES(1000038,0,'channel.changed','019d33abf28073ab8d447e35b8b6d8fe','{"changes":{"status":"disconnected"}}','token:owner',NULL,NULL,'2026-03-28 10:49:00.000000');
INSERT INTO "events" VALUES(1000039,0,'location.created','019d3416267b75b79037cdff7c240d49','{"code":"Stall/1","name":"Market stall"}','token:owner',NULL,NULL,'2026-03-28 10:56:00.123456');
INSERT INTO "events" VALUES(1000040,0,'product.created','019d341c8f9679fa8a449ebe89d9bf02','{"title":"Mug"}','token:owner',NULL,NULL,'2026-03-28 11:03:00.246912');
INSERT INTO "events" VALUES(1000041,0,'sku.created','019d341c8f96754e9cc9af4ec9546b43','{"code":"MUG-BLUE","product_id":"019d341c-8f96-79fa-8a44-9ebe89d9bf02"}','token:owner',NULL,NULL,'2026-03-28 11:03:00.246912');
INSERT INTO "events" VALUES(1000042,0,'sku.created','019d341c8f96707299901c0475491bc3','{"code":"Becher grün #2","product_id":"019d341c-8f96-79fa-8a44-9ebe89d9bf02"}','token:owner',NULL,NULL,'2026-03-28 11:03:00.246912');
INSERT INTO "events" VALUES(1000043,0,'product.created','019d3422f8b2795a8cfe5cd12d5db79b','{"title":"Plate"}','token:owner',NULL,NULL,'2026-03-28 11:10:00.370368');
INSERT INTO "events" VALUES(1000044,0,'sku.created','019d342961cd7cc28d103ed3cc667e97','{"code":"PLATE","product_id":"019d3422-f8b2-795a-8cfe-5cd12d5db79b"}','token:owner',NULL,NULL,'2026-03-28 11:17:00.493824');
INSERT INTO "events" VALUES(1000045,0,'product.created','019d342fcae97d74884f3dd6415af341','{"title":"Glaze recipes"}','token:owner',NULL,NULL,'2026-03-28 11:24:00.617280');
INSERT INTO "events" VALUES(1000046,0,'sku.created','019d342fcae97122ac512b01f18dd1ee','{"code":"PDF","product_id":"019d342f-cae9-7d74-884f-3dd6415af341"}','token:owner',NULL,NULL,'2026-03-28 11:24:00.617280');
INSERT INTO "events" VALUES(1000047,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3436-3404-7c10-83ba-33db73f7ba8e","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:31:00.740736');
INSERT INTO "events" VALUES(1000048,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d343c-9d20-7cc0-9c07-724e44c5b476","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:38:00.864192');
INSERT INTO "events" VALUES(1000049,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3443-063b-72ac-91cb-c2884a5012dc","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":6,"source":"supplier","target":"quality_control","reason":"supplier to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 11:45:00.987648');
INSERT INTO "events" VALUES(1000050,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3449-6f57-7a80-ab0b-8c12f3b37f32","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"available","reason":"adjustment to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:52:01.111104');
INSERT INTO "events" VALUES(1000051,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d344f-d872-7b3d-b467-537a4b63e0ef","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"damaged","reason":"adjustment to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:59:01.234560');
INSERT INTO "events" VALUES(1000052,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3456-418e-74fc-860c-ea631d3b993f","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"adjustment","reason":"available to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 12:06:01.358016');
INSERT INTO "events" VALUES(1000053,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d345c-aaa9-7420-b023-580ccbd3f5e0","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:13:01.481472');
INSERT INTO "events" VALUES(1000054,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3463-13c4-7fa2-8296-f5eabaeb41a5","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"supplier","reason":"available to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 12:20:01.604928');
INSERT INTO "events" VALUES(1000055,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3469-7ce0-7f9b-9129-82e46e80fa48","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"adjustment","reason":"customer to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 12:27:01.728384');
INSERT INTO "events" VALUES(1000056,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d346f-e5fb-7090-a57e-845465b675cd","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"available","reason":"customer to available"}]}','token:owner',NULL,NULL,'2026-03-28 12:34:01.851840');
INSERT INTO "events" VALUES(1000057,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3476-4f17-781a-b461-08cc721754ef","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"damaged","reason":"customer to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:41:01.975296');
INSERT INTO "events" VALUES(1000058,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d347c-b832-7fa0-b879-399bd50e0097","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"quality_control","reason":"customer to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 12:48:02.098752');
INSERT INTO "events" VALUES(1000059,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3483-214e-7736-843f-dda7b1eedaff","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 12:55:02.222208');
INSERT INTO "events" VALUES(1000060,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3489-8a69-7acd-a518-093d07dbf924","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"adjustment","reason":"damaged to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 13:02:02.345664');
INSERT INTO "events" VALUES(1000061,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d348f-f385-76d2-a185-cc8ea8ea37f7","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 13:09:02.469120');
INSERT INTO "events" VALUES(1000062,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3496-5ca0-7367-b7c8-82f4202cc828","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"available","reason":"damaged to available"}]}','token:owner',NULL,NULL,'2026-03-28 13:16:02.592576');
INSERT INTO "events" VALUES(1000063,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d349c-c5bc-713b-9bc7-99b0121b2800","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 13:23:02.716032');
INSERT INTO "events" VALUES(1000064,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d34a3-2ed7-728a-be6c-6fe94c41d9c0","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"supplier","reason":"damaged to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 13:30:02.839488');
INSERT INTO "events" VALUES(1000065,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d34a9-97f2-78f8-822b-c32021615022","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"available","reason":"quality_control to available"}]}','token:owner',NULL,NULL,'2026-03-28 13:37:02.962944');
INSERT INTO "events" VALUES(1000066,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d34b0-010e-737b-91c5-1f86973082d6","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"damaged","reason":"quality_control to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 13:44:03.086400');
INSERT INTO "events" VALUES(1000067,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34b6-6a29-760c-8994-940e82458cc8","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34b66a297d3cabe88b4675fa6dd8','2026-03-28 13:51:03.209856');
INSERT INTO "events" VALUES(1000068,0,'order.placed','019d34b66a297d3cabe88b4675fa6dd8','{"reference":"WEB-1000","lines":[{"line_id":"019d34b6-6a29-7f97-9eb0-e066de26e655","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","quantity":3}],"total":{"amount":6000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34b66a297d3cabe88b4675fa6dd8','2026-03-28 13:51:03.209856');
INSERT INTO "events" VALUES(1000069,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34bc-d345-7975-aed5-d1bfe585552f","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"adjustment","reason":"stocktake"}]}','token:owner','count','019d34bcd3457aca92c9357d34accd78','2026-03-28 13:58:03.333312');
INSERT INTO "events" VALUES(1000070,0,'stock.counted','019d34bcd3457aca92c9357d34accd78','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d34bcd3457aca92c9357d34accd78','2026-03-28 13:58:03.333312');
INSERT INTO "events" VALUES(1000071,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d34c3-3c60-77fe-810d-2e304bcb6b22","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"stocktake"}]}','token:owner','count','019d34c33c60763eaa7c314bf01dbf29','2026-03-28 14:05:03.456768');
INSERT INTO "events" VALUES(1000072,0,'stock.counted','019d34c33c60763eaa7c314bf01dbf29','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d34c33c60763eaa7c314bf01dbf29','2026-03-28 14:05:03.456768');
INSERT INTO "events" VALUES(1000073,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34c9-a57c-7280-84a1-bde44806aa81","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":5,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:12:03.580224');
INSERT INTO "events" VALUES(1000074,0,'transfer.sent','019d34c9a57c7e65a6fec086df229650','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3416-267b-75b7-9037-cdff7c240d49"}','token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:12:03.580224');
INSERT INTO "events" VALUES(1000075,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34d0-0e97-7903-bcaf-4a5acfa6cf3e","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d3416-267b-75b7-9037-cdff7c240d49","quantity":5,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:19:03.703680');
INSERT INTO "events" VALUES(1000076,0,'transfer.received','019d34c9a57c7e65a6fec086df229650','{"units":5}','token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:19:03.703680');
INSERT INTO "events" VALUES(1000077,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34d6-77b3-7d64-98ae-013eaca91679","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:26:03.827136');
INSERT INTO "events" VALUES(1000078,0,'transfer.sent','019d34d677b37440b6891eeb6de2b33b','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3416-267b-75b7-9037-cdff7c240d49"}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:26:03.827136');
INSERT INTO "events" VALUES(1000079,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34dc-e0ce-7e1f-aa19-0b2a58068a9d","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d3416-267b-75b7-9037-cdff7c240d49","quantity":2,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:33:03.950592');
INSERT INTO "events" VALUES(1000080,0,'transfer.received','019d34d677b37440b6891eeb6de2b33b','{"units":2}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:33:03.950592');
INSERT INTO "events" VALUES(1000081,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d34e3-49ea-7fc7-8498-72c67c081bb7","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d3416-267b-75b7-9037-cdff7c240d49","quantity":2,"source":"transit","target":"adjustment","reason":"lost"}]}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:40:04.074048');
INSERT INTO "events" VALUES(1000082,0,'transfer.lost','019d34d677b37440b6891eeb6de2b33b','{"units":2}','token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:40:04.074048');
INSERT INTO "events" VALUES(1000083,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d34e9-b305-72a8-ab71-1343220d672b","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d34e9b30571588a57af35b9b81635','2026-03-28 14:47:04.197504');
INSERT INTO "events" VALUES(1000084,0,'transfer.sent','019d34e9b30571588a57af35b9b81635','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d3416-267b-75b7-9037-cdff7c240d49"}','token:owner','transfer','019d34e9b30571588a57af35b9b81635','2026-03-28 14:47:04.197504');
INSERT INTO "events" VALUES(1000085,0,'stock.moved',NULL,'{"moves":[{"id":"019d34f0-1c20-7d76-8181-e84d99a74924","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34f0-1c20-7569-9e3c-536c415ac400","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34f01c20755382557035449c4ca2','2026-03-28 14:54:04.320960');
INSERT INTO "events" VALUES(1000086,0,'reservation.held','019d34f01c20755382557035449c4ca2','{"expires_at":"2026-04-27T14:54:04.320960+00:00"}','token:owner',NULL,NULL,'2026-03-28 14:54:04.320960');
INSERT INTO "events" VALUES(1000087,0,'stock.moved',NULL,'{"moves":[{"id":"019d34f6-853c-7f47-878f-ec459a9e994c","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34f6-853c-77d3-a323-ce54b7115c02","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34f6853c7f1b9e0f39a73c35612e','2026-03-28 15:01:04.444416');
INSERT INTO "events" VALUES(1000088,0,'reservation.held','019d34f6853c7f1b9e0f39a73c35612e','{"expires_at":"2026-03-29T15:01:04.444416+00:00"}','token:owner',NULL,NULL,'2026-03-28 15:01:04.444416');
INSERT INTO "events" VALUES(1000089,0,'stock.moved',NULL,'{"moves":[{"id":"019d34fc-ee57-7129-a816-de060a04ef48","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d34fc-ee57-7fdf-9dbd-358f6156c4df","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:08:04.567872');
INSERT INTO "events" VALUES(1000090,0,'reservation.held','019d34fcee5775209ab1c42fc52f4fbe','{"expires_at":"2026-03-29T15:08:04.567872+00:00"}','token:owner',NULL,NULL,'2026-03-28 15:08:04.567872');
INSERT INTO "events" VALUES(1000091,0,'stock.moved',NULL,'{"moves":[{"id":"019d3503-5773-7c82-9660-5d959d7cd4f6","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d3503-5773-7139-a0c7-3494ed192da3","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d3503577371d597450e6520012170','2026-03-28 15:15:04.691328');
INSERT INTO "events" VALUES(1000092,0,'reservation.held','019d3503577371d597450e6520012170','{"expires_at":"2026-03-28T15:16:04.691328+00:00"}','token:owner',NULL,NULL,'2026-03-28 15:15:04.691328');
INSERT INTO "events" VALUES(1000093,0,'stock.moved',NULL,'{"moves":[{"id":"019d3509-c08e-7f3c-94ed-204990e32e82","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"released"},{"id":"019d3509-c08e-7e41-9d69-8c8b44480030","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"released"}]}','token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:22:04.814784');
INSERT INTO "events" VALUES(1000094,0,'reservation.released','019d34fcee5775209ab1c42fc52f4fbe','{}','token:owner',NULL,NULL,'2026-03-28 15:22:04.814784');
INSERT INTO "events" VALUES(1000095,0,'stock.moved',NULL,'{"moves":[{"id":"019d350e-546e-788e-907f-96694ba955f3","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"lapsed"},{"id":"019d350e-546e-7750-9d43-d1ffecd1345e","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"lapsed"}]}','housekeeping','reservation','019d3503577371d597450e6520012170','2026-03-28 15:27:04.814784');
INSERT INTO "events" VALUES(1000096,0,'reservation.lapsed','019d3503577371d597450e6520012170','{}','housekeeping',NULL,NULL,'2026-03-28 15:27:04.814784');
INSERT INTO "events" VALUES(1000097,0,'reservation.used','019d34f6853c7f1b9e0f39a73c35612e','{}','token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240');
INSERT INTO "events" VALUES(1000098,0,'stock.moved',NULL,'{"moves":[{"id":"019d3514-bd8a-7c90-bd58-9cab301ba988","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"},{"id":"019d3514-bd8a-76be-9638-0ed6fcf7f49d","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"hold_left_over"},{"id":"019d3514-bd8a-7734-9d95-389b297a21d7","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"}]}','token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240');
INSERT INTO "events" VALUES(1000099,0,'order.placed','019d3514bd8a7d3c8bb662a8c979cb06','{"reference":null,"lines":[{"line_id":"019d3514-bd8a-79d0-832b-73284bb57b5c","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":1},{"line_id":"019d3514-bd8a-7174-83b9-6d91aba018ea","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","quantity":1}],"total":{"amount":3250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240');
INSERT INTO "events" VALUES(1000100,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d351b-26a5-7350-99a2-105c50806f01","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d351b26a57d86be77344828b09a93','2026-03-28 15:41:05.061696');
INSERT INTO "events" VALUES(1000101,0,'order.placed','019d351b26a57d86be77344828b09a93','{"reference":null,"lines":[{"line_id":"019d351b-26a5-7e91-af62-e63a1a5356b5","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":2},{"line_id":"019d351b-26a5-7ce5-a0d6-c766f6f62c28","sku_id":"019d342f-cae9-7122-ac51-2b01f18dd1ee","quantity":1}],"total":{"amount":3642,"currency":"EUR"},"contact_id":"019d351b-26a5-7e8e-8afd-2973f8633958","sold":false,"test":false}','token:owner','order','019d351b26a57d86be77344828b09a93','2026-03-28 15:41:05.061696');
INSERT INTO "events" VALUES(1000102,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3521-8fc1-7501-a42a-357c732902f4","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d35218fc17c9482b087f806faadb1','2026-03-28 15:48:05.185152');
INSERT INTO "events" VALUES(1000103,0,'order.shipped','019d351b26a57d86be77344828b09a93','{"shipment_id":"019d3521-8fc1-7c94-82b0-87f806faadb1","carrier":"DHL","tracking_number":"00340434161094042557","lines":[{"line_id":"019d351b-26a5-7e91-af62-e63a1a5356b5","quantity":2},{"line_id":"019d351b-26a5-7ce5-a0d6-c766f6f62c28","quantity":1}]}','token:owner','shipment','019d35218fc17c9482b087f806faadb1','2026-03-28 15:48:05.185152');
INSERT INTO "events" VALUES(1000104,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3527-f8dc-7c72-9e28-9761c8fea5d7","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 15:55:05.308608');
INSERT INTO "events" VALUES(1000105,0,'order.placed','019d3527f8dc7f85913dd1a6e9d40f2b','{"reference":null,"lines":[{"line_id":"019d3527-f8dc-774b-b844-956099f86c8d","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":4}],"total":{"amount":5000,"currency":"EUR"},"contact_id":"019d351b-26a5-7e8e-8afd-2973f8633958","sold":false,"test":false}','token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 15:55:05.308608');
INSERT INTO "events" VALUES(1000106,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d352e-61f8-7352-8aa6-72352ee7af97","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d352e61f87782b02d3504de1bf0cd','2026-03-28 16:02:05.432064');
INSERT INTO "events" VALUES(1000107,0,'order.shipped','019d3527f8dc7f85913dd1a6e9d40f2b','{"shipment_id":"019d352e-61f8-7782-b02d-3504de1bf0cd","carrier":null,"tracking_number":null,"lines":[{"line_id":"019d3527-f8dc-774b-b844-956099f86c8d","quantity":1}]}','token:owner','shipment','019d352e61f87782b02d3504de1bf0cd','2026-03-28 16:02:05.432064');
INSERT INTO "events" VALUES(1000108,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3534-cb13-7d1c-94d4-954e5c47577b","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 16:09:05.555520');
INSERT INTO "events" VALUES(1000109,0,'order.cancelled','019d3527f8dc7f85913dd1a6e9d40f2b','{"reason":"one too many","lines":[{"line_id":"019d3527-f8dc-774b-b844-956099f86c8d","quantity":1}]}','token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 16:09:05.555520');
INSERT INTO "events" VALUES(1000110,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d353b-342e-74eb-b772-f8ea63f666e0","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:16:05.678976');
INSERT INTO "events" VALUES(1000111,0,'order.placed','019d353b342e7171b2a9b8a4c0d76560','{"reference":null,"lines":[{"line_id":"019d353b-342e-7a4a-9309-0287a6ea2981","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","quantity":2}],"total":{"amount":4000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:16:05.678976');
INSERT INTO "events" VALUES(1000112,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d3541-9d4a-7d8f-8af0-78b051158de5","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:23:05.802432');
INSERT INTO "events" VALUES(1000113,0,'order.cancelled','019d353b342e7171b2a9b8a4c0d76560','{"reason":"changed their mind","lines":[{"line_id":"019d353b-342e-7a4a-9309-0287a6ea2981","quantity":2}]}','token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:23:05.802432');
INSERT INTO "events" VALUES(1000114,0,'stock.moved','019d342961cd7cc28d103ed3cc667e97','{"moves":[{"id":"019d3548-0665-7448-9284-0ea166daa365","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"sold"}]}','token:owner','order','019d354806657558beefe7344d84e990','2026-03-28 16:30:05.925888');
INSERT INTO "events" VALUES(1000115,0,'order.line_short','019d354806657558beefe7344d84e990','{"line_id":"019d3548-0665-79ca-8b52-5b4f19d7b403","sku_id":"019d341c-8f96-7072-9990-1c0475491bc3","quantity":3}','token:owner','order','019d354806657558beefe7344d84e990','2026-03-28 16:30:05.925888');
INSERT INTO "events" VALUES(1000116,0,'order.placed','019d354806657558beefe7344d84e990','{"reference":"stall, cash","lines":[{"line_id":"019d3548-0665-79ca-8b52-5b4f19d7b403","sku_id":"019d341c-8f96-7072-9990-1c0475491bc3","quantity":3},{"line_id":"019d3548-0665-798b-8ebc-c1ba943863a5","sku_id":"019d3429-61cd-7cc2-8d10-3ed3cc667e97","quantity":1}],"total":{"amount":5900,"currency":"EUR"},"contact_id":null,"sold":true,"test":false}','token:owner','order','019d354806657558beefe7344d84e990','2026-03-28 16:30:05.925888');
INSERT INTO "events" VALUES(1000117,0,'stock.moved','019d341c8f96707299901c0475491bc3','{"moves":[{"id":"019d354e-6f81-7058-933b-b4c2baaad651","sku_id":"019d341c-8f96-7072-9990-1c0475491bc3","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 16:37:06.049344');
INSERT INTO "events" VALUES(1000118,0,'stock.moved','019d341c8f96707299901c0475491bc3','{"moves":[{"id":"019d354e-6f81-75bf-8acc-9ec8c02fc22a","sku_id":"019d341c-8f96-7072-9990-1c0475491bc3","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"short_filled"}]}','store','order','019d354806657558beefe7344d84e990','2026-03-28 16:37:06.049344');
INSERT INTO "events" VALUES(1000119,0,'order.line_filled','019d354806657558beefe7344d84e990','{"line_id":"019d3548-0665-79ca-8b52-5b4f19d7b403","sku_id":"019d341c-8f96-7072-9990-1c0475491bc3","quantity":1}','store',NULL,NULL,'2026-03-28 16:37:06.049344');
INSERT INTO "events" VALUES(1000120,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d3554-d89c-72c6-aa4d-a822f3009a5c","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d3554d89c719ca778507cdbeef77a','2026-03-28 16:44:06.172800');
INSERT INTO "events" VALUES(1000121,0,'order.placed','019d3554d89c719ca778507cdbeef77a','{"reference":null,"lines":[{"line_id":"019d3554-d89c-7cbb-871a-5b11805db06a","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":true}','token:owner','order','019d3554d89c719ca778507cdbeef77a','2026-03-28 16:44:06.172800');
INSERT INTO "events" VALUES(1000122,0,'order.placed','019d355b41b87d24a43bd888fc2222d2','{"reference":null,"lines":[{"line_id":"019d355b-41b8-74e1-91dd-5d5cdd946658","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":9}],"total":{"amount":11250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d355b41b87d24a43bd888fc2222d2','2026-03-28 16:51:06.296256');
INSERT INTO "events" VALUES(1000123,0,'order.placed','019d3561aad379a3ab5af9f9d5ae305b','{"reference":null,"lines":[{"line_id":"019d3561-aad3-7e4c-a055-2f5f4b2220a4","sku_id":"019d342f-cae9-7122-ac51-2b01f18dd1ee","quantity":1}],"total":{"amount":900,"currency":"EUR"},"contact_id":"019d3561-aad3-78b8-a445-2ecf34ecf2ed","sold":false,"test":false}','token:owner','order','019d3561aad379a3ab5af9f9d5ae305b','2026-03-28 16:58:06.419712');
INSERT INTO "events" VALUES(1000124,0,'contact.erased','019d3561aad378b8a4452ecf34ecf2ed','{}','token:owner',NULL,NULL,'2026-03-28 17:05:06.543168');
INSERT INTO "events" VALUES(1000125,0,'sku.changed','019d342fcae97122ac512b01f18dd1ee','{"changes":{"code":{"old":"PDF","new":"RECIPES"}}}','token:owner',NULL,NULL,'2026-03-28 17:05:06.543168');
INSERT INTO "events" VALUES(1000126,0,'product.created','019d3574e5aa70c4a86bef29899918a7','{"title":"Vase"}','token:owner','import','019d3574e5aa76ed8c8670622d9b8ebf','2026-03-28 17:19:06.666624');
INSERT INTO "events" VALUES(1000127,0,'sku.created','019d3574e5aa7aaf9cb284f8b6febc3a','{"code":"VASE-TALL","product_id":"019d3574-e5aa-70c4-a86b-ef29899918a7"}','token:owner','import','019d3574e5aa76ed8c8670622d9b8ebf','2026-03-28 17:19:06.666624');
INSERT INTO "events" VALUES(1000128,0,'stock.moved','019d3574e5aa7aaf9cb284f8b6febc3a','{"moves":[{"id":"019d3574-e5aa-7c71-80a9-80bd3f4ed95a","sku_id":"019d3574-e5aa-7aaf-9cb2-84f8b6febc3a","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"opening_stock"}]}','token:owner','import','019d3574e5aa76ed8c8670622d9b8ebf','2026-03-28 17:19:06.666624');
INSERT INTO "events" VALUES(1000129,0,'import.done','019d3574e5aa76ed8c8670622d9b8ebf','{"rows":2,"bad_rows":1,"products_created":1,"products_changed":0,"skus_created":1,"skus_changed":0,"skus_unchanged":0,"units":3}','token:owner','import','019d3574e5aa76ed8c8670622d9b8ebf','2026-03-28 17:19:06.666624');
INSERT INTO "events" VALUES(1000130,0,'stock.moved','019d341c8f96754e9cc9af4ec9546b43','{"moves":[{"id":"019d357b-4ec6-7eee-a57d-041ecb06718c","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d357b4ec6765482c8261b740c1a65','2026-03-28 17:26:06.790080');
INSERT INTO "events" VALUES(1000131,0,'order.placed','019d357b4ec6765482c8261b740c1a65','{"reference":"WEB-1001","lines":[{"line_id":"019d357b-4ec6-72bd-96b3-0574d6172adf","sku_id":"019d341c-8f96-754e-9cc9-af4ec9546b43","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d357b4ec6765482c8261b740c1a65','2026-03-28 17:26:06.790080');
INSERT INTO "events" VALUES(1000132,0,'webhook_endpoint.created','019d3581b7e17fb982553a33237475e1','{"types":["order.*"]}','token:owner',NULL,NULL,'2026-03-28 17:33:06.913536');
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
INSERT INTO "exceptions" VALUES('019d33b024b87822a9ec0806705fca16','hand_edit','019d33ab-f280-761b-a198-8ad9f06c144a','warning','''BOWL'' shows 5, our records say 4','Nothing that we know of explains the difference: somebody changed the number on the channel, or another program writes to it. Tallystick sets it right. If the number there was the true one, say so: POST /v1/differences/019d33b0-1130-75dc-ac4a-3698aa2ca1af/resolve with {"answer": "adopt"}, or count the shelf: POST /v1/stock/counts.','{"shown":5,"recorded":4,"seen":"5 on the channel, 4 by our records","proposed":"Keep our records, and set the number right.","call":{"method":"POST","path":"/v1/differences/019d33b0-1130-75dc-ac4a-3698aa2ca1af/resolve","body":{"answer":"overwrite"}}}','019d33abf28073ab8d447e35b8b6d8fe',1,'2026-03-28 09:04:35.000000','2026-03-28 09:04:35.000000','2026-03-28 10:19:00.000000',NULL,'its cause is gone');
INSERT INTO "exceptions" VALUES('019d33bed9a778c79c3bf364eb8ac8ce','channel_unreachable','019d33ab-f280-73ab-8d44-7e35b8b6d8fe','urgent','North can''t be reached','Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: The shop can''t be reached.','{"failures":6}','019d33abf28073ab8d447e35b8b6d8fe',1,'2026-03-28 09:20:38.823676','2026-03-28 09:20:38.823676','2026-03-28 10:19:00.000000',NULL,'its cause is gone');
INSERT INTO "exceptions" VALUES('019d33f446207832bd91a1b7f03edca7','recovering','2','urgent','Nothing is written to your shops: this store may be older than they are','This store may have gone back in time: it was restored from a backup. It knows what happened up to 2026-03-28 10:19 UTC. Your shops go on selling by themselves, with the numbers that they show; their orders since then are being taken in. If this store still runs somewhere else, stop this one. Otherwise enter what you received, lost or sold outside of them since then, and run `tallystick resume`: it shows what is different and goes on when you say so. GET /v1/recovery.','{"epoch":2,"why":"restored","knows_until":"2026-03-28T10:19:00+00:00"}',NULL,1,'2026-03-28 10:19:00.000000','2026-03-28 10:19:00.000000',NULL,NULL,NULL);
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
INSERT INTO "import_errors" VALUES('019d3574e5aa76ed8c8670622d9b8ebf',1,3,'price','dear','''dear'' isn''t a number; write it like 12.50, without a sign of a currency.');
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
INSERT INTO "imports" VALUES('019d3574e5aa76ed8c8670622d9b8ebf','done','shelf.csv','tallystick','019d33abf28071038386bbc4cd613e30',92,3,3,2,1,1,0,1,0,0,3,1,NULL,'token:owner','2026-03-28 17:19:06.666624','2026-03-28 17:19:06.666624','2026-03-28 17:19:06.666624');
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
	write_ms INTEGER, unheard_since DATETIME, unheard_mark DATETIME, reconcile_due_at DATETIME, reconciling JSON, reconciled_at DATETIME, reconciled JSON, clock_ahead_s INTEGER, clock_at DATETIME, subscribed JSON, budgets JSON, 
	CONSTRAINT pk_lanes PRIMARY KEY (channel_id), 
	CONSTRAINT fk_lanes_channel_id FOREIGN KEY(channel_id) REFERENCES channels (id)
);
INSERT INTO "lanes" VALUES('019d33abf28073ab8d447e35b8b6d8fe','worker-1',7,'2026-03-28 10:49:35.000000','2026-03-28 09:02:00.000000','2026-03-28 10:44:00.000000','2026-03-28 10:49:05.000000','2026-03-29 10:19:00.000000','2026-03-29 10:19:00.000000','2026-03-28 10:00:00.000000',0,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 10:44:05.000000','2026-03-28 10:19:00.000000','2026-03-28 09:04:35.000000',0,NULL,NULL,'2026-03-28 10:19:00.000000','null','2026-03-28 09:04:30.000000','{"began_at":"2026-03-28T09:04:30+00:00","orders":1,"counters":1,"found":1,"orders_after":null,"every_s":3600}',NULL,NULL,'{"url":"https://tally.example/webhooks/019d33ab-f280-73ab-8d44-7e35b8b6d8fe","topics":["order"],"version":2,"put_back":[]}',NULL);
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
INSERT INTO "listings" VALUES('019d33abf28070268a9a021ea648a7dd','019d33abf28073ab8d447e35b8b6d8fe','BOWL','019d33abf280761ba1988ad9f06c144a','BOWL','BOWL','mapped',1,NULL,NULL,'2026-03-28 10:19:00.000000','2026-03-28 09:00:00.000000','2026-03-28 10:19:00.000000');
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
INSERT INTO "locations" VALUES('019d3416267b75b79037cdff7c240d49','Stall/1','stall/1','Market stall',2,'2026-03-28 10:56:00.123456',1);
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
INSERT INTO "notices" VALUES('019d33aeb1a07be4be2434e37af027bc','019d33abf28073ab8d447e35b8b6d8fe','019d33aeb1a0764a815a47c5f0dfb4a5','019d33adc740705bad2f89d94a2f20aa','{"id":"019d33ae-b1a0-764a-815a-47c5f0dfb4a5","order":"M1","lines":[{"line":"1-1","quantity":2}],"carrier":"DHL","tracking_number":"00340434161094042558","tracking_url":null,"shipped_at":"2026-03-28T09:03:00+00:00","complete":true}','done',0,NULL,NULL,'2026-03-28 09:03:00.000000','2026-03-28 09:03:00.000000');
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
INSERT INTO "order_lines" VALUES('019d33adc7407eab966b829e6a8ac4ba','019d33adc740705bad2f89d94a2f20aa',0,'019d33abf28079b9aec9d28663ca828d','BOWL',2,0,2,1000,2000,0,0,2000,NULL,NULL,NULL,NULL,'019d33abf28070268a9a021ea648a7dd','1-1',1,'us',2,0,2,0,2,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d33adc7407be09ef2a4f04be03db0','019d33adc7407dc2b94067edfe175330',0,'019d33abf28079b9aec9d28663ca828d','BOWL',1,0,0,1000,1000,0,0,1000,NULL,NULL,NULL,NULL,'019d33abf28070268a9a021ea648a7dd','2-1',1,'us',1,0,0,0,1,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d34b66a297f979eb0e066de26e655','019d34b66a297d3cabe88b4675fa6dd8',0,'019d342961cd7cc28d103ed3cc667e97',NULL,3,0,0,2000,6000,0,0,6000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3514bd8a79d0832b73284bb57b5c','019d3514bd8a7d3c8bb662a8c979cb06',0,'019d341c8f96754e9cc9af4ec9546b43',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3514bd8a717483b96d91aba018ea','019d3514bd8a7d3c8bb662a8c979cb06',1,'019d342961cd7cc28d103ed3cc667e97',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d351b26a57e91af62e63a1a5356b5','019d351b26a57d86be77344828b09a93',0,'019d341c8f96754e9cc9af4ec9546b43','Blue mug',2,0,2,1200,2400,100,437,2300,2600,110,470,2490,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d351b26a57ce5a0d6c766f6f62c28','019d351b26a57d86be77344828b09a93',1,'019d342fcae97122ac512b01f18dd1ee',NULL,1,0,1,900,900,0,63,900,980,0,69,980,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3527f8dc774bb844956099f86c8d','019d3527f8dc7f85913dd1a6e9d40f2b',0,'019d341c8f96754e9cc9af4ec9546b43',NULL,4,1,1,1250,5000,0,0,5000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d353b342e7a4a93090287a6ea2981','019d353b342e7171b2a9b8a4c0d76560',0,'019d342961cd7cc28d103ed3cc667e97',NULL,2,2,0,2000,4000,0,0,4000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3548066579ca8b525b4f19d7b403','019d354806657558beefe7344d84e990',0,'019d341c8f96707299901c0475491bc3',NULL,3,0,0,1300,3900,0,0,3900,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d35480665798b8ebcc1ba943863a5','019d354806657558beefe7344d84e990',1,'019d342961cd7cc28d103ed3cc667e97',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3554d89c7cbb871a5b11805db06a','019d3554d89c719ca778507cdbeef77a',0,'019d341c8f96754e9cc9af4ec9546b43',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d355b41b874e191dd5d5cdd946658','019d355b41b87d24a43bd888fc2222d2',0,'019d341c8f96754e9cc9af4ec9546b43',NULL,9,0,0,1250,11250,0,0,11250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d3561aad37e4ca0552f5f4b2220a4','019d3561aad379a3ab5af9f9d5ae305b',0,'019d342fcae97122ac512b01f18dd1ee',NULL,1,0,0,900,900,0,0,900,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
INSERT INTO "order_lines" VALUES('019d357b4ec672bd96b30574d6172adf','019d357b4ec6765482c8261b740c1a65',0,'019d341c8f96754e9cc9af4ec9546b43',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL,NULL,NULL,1,'us',0,0,0,0,0,0,0,NULL);
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
INSERT INTO "orders" VALUES('019d33adc740705bad2f89d94a2f20aa','#M1','shipped',1,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',2000,0,0,0,2000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:04:30.000000',NULL,NULL,'019d33abf28073ab8d447e35b8b6d8fe','M1',2,1,'2026-03-28 10:07:00.000000',0,NULL,NULL,NULL,5606119780919347687);
INSERT INTO "orders" VALUES('019d33adc7407dc2b94067edfe175330','#M2','open',1,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',1000,0,0,0,1000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000',NULL,NULL,'019d33abf28073ab8d447e35b8b6d8fe','M2',2,1,'2026-03-28 10:07:00.000000',0,NULL,NULL,NULL,1994651129966060030);
INSERT INTO "orders" VALUES('019d34b66a297d3cabe88b4675fa6dd8','WEB-1000','open',0,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',6000,0,0,0,6000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 13:51:03.209856','2026-03-28 13:51:03.209856',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d3514bd8a7d3c8bb662a8c979cb06',NULL,'open',0,0,'us',NULL,NULL,'019d34f6853c7f1b9e0f39a73c35612e','null','EUR',3250,0,0,0,3250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:34:04.938240','2026-03-28 15:34:04.938240',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d351b26a57d86be77344828b09a93',NULL,'shipped',0,0,'us','019d351b26a57e8e8afd2973f8633958','019d351b26a578cd8b452123d17f6494',NULL,'null','EUR',3300,150,500,490,3642,2,1,'USD',3580,165,539,530,3945,'2026-04-02 10:00:00.000000','2026-03-28 15:41:05.061696','2026-03-28 15:48:05.185152',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d3527f8dc7f85913dd1a6e9d40f2b',NULL,'open',0,0,'us','019d351b26a57e8e8afd2973f8633958',NULL,NULL,'null','EUR',5000,0,0,0,5000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:55:05.308608','2026-03-28 16:09:05.555520',NULL,'one too many',NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d353b342e7171b2a9b8a4c0d76560',NULL,'cancelled',0,0,'us',NULL,NULL,NULL,'null','EUR',4000,0,0,0,4000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:16:05.678976','2026-03-28 16:23:05.802432','2026-03-28 16:23:05.802432','changed their mind',NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d354806657558beefe7344d84e990','stall, cash','open',1,0,'us',NULL,NULL,NULL,'null','EUR',5900,0,0,0,5900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:30:05.925888','2026-03-28 16:30:05.925888',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d3554d89c719ca778507cdbeef77a',NULL,'open',0,1,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:44:06.172800','2026-03-28 16:44:06.172800',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d355b41b87d24a43bd888fc2222d2',NULL,'open',0,0,'channel',NULL,NULL,NULL,'null','EUR',11250,0,0,0,11250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:51:06.296256','2026-03-28 16:51:06.296256',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d3561aad379a3ab5af9f9d5ae305b',NULL,'open',0,0,'us','019d3561aad378b8a4452ecf34ecf2ed','019d3561aad37082b8fe2f4be91553a9',NULL,'null','EUR',900,0,0,0,900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 16:58:06.419712','2026-03-28 16:58:06.419712',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
INSERT INTO "orders" VALUES('019d357b4ec6765482c8261b740c1a65','WEB-1001','open',0,0,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 17:26:06.790080','2026-03-28 17:26:06.790080',NULL,NULL,NULL,NULL,NULL,1,NULL,0,NULL,NULL,NULL,NULL);
CREATE TABLE product_words (
	word VARCHAR(64) NOT NULL, 
	product_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_product_words PRIMARY KEY (word, product_id), 
	CONSTRAINT fk_product_words_product_id FOREIGN KEY(product_id) REFERENCES products (id)
)
 WITHOUT ROWID

;
INSERT INTO "product_words" VALUES('bowl','019d33abf2807d5fa4b06ce60741c7a8');
INSERT INTO "product_words" VALUES('glaze','019d342fcae97d74884f3dd6415af341');
INSERT INTO "product_words" VALUES('mug','019d341c8f9679fa8a449ebe89d9bf02');
INSERT INTO "product_words" VALUES('plate','019d3422f8b2795a8cfe5cd12d5db79b');
INSERT INTO "product_words" VALUES('recipes','019d342fcae97d74884f3dd6415af341');
INSERT INTO "product_words" VALUES('vase','019d3574e5aa70c4a86bef29899918a7');
CREATE TABLE products (
	id CHAR(32) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, handle VARCHAR(500), description TEXT, images JSON DEFAULT '[]' NOT NULL, archived BOOLEAN DEFAULT 0 NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_products PRIMARY KEY (id)
);
INSERT INTO "products" VALUES('019d33abf2807d5fa4b06ce60741c7a8','Bowl','2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000','bowl',NULL,'[]',0,1);
INSERT INTO "products" VALUES('019d341c8f9679fa8a449ebe89d9bf02','Mug','2026-03-28 11:03:00.246912','2026-03-28 11:03:00.246912','mug',NULL,'[]',0,1);
INSERT INTO "products" VALUES('019d3422f8b2795a8cfe5cd12d5db79b','Plate','2026-03-28 11:10:00.370368','2026-03-28 11:17:00.493824','plate',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d342fcae97d74884f3dd6415af341','Glaze recipes','2026-03-28 11:24:00.617280','2026-03-28 17:05:06.543168','glaze recipes',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d3574e5aa70c4a86bef29899918a7','Vase','2026-03-28 17:19:06.666624','2026-03-28 17:19:06.666624','vase',NULL,'[]',0,1);
CREATE TABLE recovery_readings (
	counter_id CHAR(32) NOT NULL, 
	epoch INTEGER NOT NULL, 
	shown INTEGER NOT NULL, 
	unexplained INTEGER NOT NULL, 
	read_at DATETIME NOT NULL, 
	CONSTRAINT pk_recovery_readings PRIMARY KEY (counter_id), 
	CONSTRAINT fk_recovery_readings_counter_id_counters FOREIGN KEY(counter_id) REFERENCES counters (id)
);
INSERT INTO "recovery_readings" VALUES('019d33abf280761ba1988ad9f06c144a',2,4,0,'2026-03-28 10:34:00.000000');
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
INSERT INTO "reservation_lines" VALUES('019d34f01c20755382557035449c4ca2','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "reservation_lines" VALUES('019d34f01c20755382557035449c4ca2','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1);
INSERT INTO "reservation_lines" VALUES('019d34f6853c7f1b9e0f39a73c35612e','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34f6853c7f1b9e0f39a73c35612e','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34fcee5775209ab1c42fc52f4fbe','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d34fcee5775209ab1c42fc52f4fbe','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d3503577371d597450e6520012170','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d3503577371d597450e6520012170','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',0);
CREATE TABLE reservations (
	id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reference VARCHAR(200), 
	expires_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reservations PRIMARY KEY (id)
);
INSERT INTO "reservations" VALUES('019d34f01c20755382557035449c4ca2','held','held','2026-04-27 14:54:04.320960','2026-03-28 14:54:04.320960');
INSERT INTO "reservations" VALUES('019d34f6853c7f1b9e0f39a73c35612e','used','used','2026-03-29 15:01:04.444416','2026-03-28 15:01:04.444416');
INSERT INTO "reservations" VALUES('019d34fcee5775209ab1c42fc52f4fbe','released','released','2026-03-29 15:08:04.567872','2026-03-28 15:08:04.567872');
INSERT INTO "reservations" VALUES('019d3503577371d597450e6520012170','lapsed','lapsed','2026-03-28 15:16:04.691328','2026-03-28 15:15:04.691328');
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
INSERT INTO "shipment_lines" VALUES('019d33aeb1a0708f9a71144896c8da19','019d33aeb1a0764a815a47c5f0dfb4a5','019d33adc7407eab966b829e6a8ac4ba','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "shipment_lines" VALUES('019d35218fc174bbacf45ccbfb8a99a2','019d35218fc17c9482b087f806faadb1','019d351b26a57e91af62e63a1a5356b5','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "shipment_lines" VALUES('019d35218fc1751e98b8da9fb9fad67e','019d35218fc17c9482b087f806faadb1','019d351b26a57ce5a0d6c766f6f62c28','019d342fcae97122ac512b01f18dd1ee',NULL,1);
INSERT INTO "shipment_lines" VALUES('019d352e61f874259b177a38a96dfb2c','019d352e61f87782b02d3504de1bf0cd','019d3527f8dc774bb844956099f86c8d','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1);
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
INSERT INTO "shipments" VALUES('019d33aeb1a0764a815a47c5f0dfb4a5','019d33adc740705bad2f89d94a2f20aa','DHL','00340434161094042558',NULL,'2026-03-28 09:03:00.000000');
INSERT INTO "shipments" VALUES('019d35218fc17c9482b087f806faadb1','019d351b26a57d86be77344828b09a93','DHL','00340434161094042557','https://example.org/00340434161094042557','2026-03-28 15:48:05.185152');
INSERT INTO "shipments" VALUES('019d352e61f87782b02d3504de1bf0cd','019d3527f8dc7f85913dd1a6e9d40f2b',NULL,NULL,NULL,'2026-03-28 16:02:05.432064');
CREATE TABLE sku_aliases (
	code_key VARCHAR(200) NOT NULL, 
	code VARCHAR(200) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_sku_aliases PRIMARY KEY (code_key), 
	CONSTRAINT fk_sku_aliases_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "sku_aliases" VALUES('pdf','PDF','019d342fcae97122ac512b01f18dd1ee','2026-03-28 17:05:06.543168');
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
INSERT INTO "sku_plans" VALUES('019d33abf28079b9aec9d28663ca828d',NULL,'2026-03-28 10:49:00.000000',NULL,1,100,0,0.0,NULL);
CREATE TABLE sku_words (
	word VARCHAR(64) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_sku_words PRIMARY KEY (word, sku_id), 
	CONSTRAINT fk_sku_words_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
)
 WITHOUT ROWID

;
INSERT INTO "sku_words" VALUES('2','019d341c8f96707299901c0475491bc3');
INSERT INTO "sku_words" VALUES('becher','019d341c8f96707299901c0475491bc3');
INSERT INTO "sku_words" VALUES('bechergrun2','019d341c8f96707299901c0475491bc3');
INSERT INTO "sku_words" VALUES('blue','019d341c8f96754e9cc9af4ec9546b43');
INSERT INTO "sku_words" VALUES('bowl','019d33abf28079b9aec9d28663ca828d');
INSERT INTO "sku_words" VALUES('grun','019d341c8f96707299901c0475491bc3');
INSERT INTO "sku_words" VALUES('mug','019d341c8f96754e9cc9af4ec9546b43');
INSERT INTO "sku_words" VALUES('mugblue','019d341c8f96754e9cc9af4ec9546b43');
INSERT INTO "sku_words" VALUES('pdf','019d342fcae97122ac512b01f18dd1ee');
INSERT INTO "sku_words" VALUES('plate','019d342961cd7cc28d103ed3cc667e97');
INSERT INTO "sku_words" VALUES('recipes','019d342fcae97122ac512b01f18dd1ee');
INSERT INTO "sku_words" VALUES('tall','019d3574e5aa7aaf9cb284f8b6febc3a');
INSERT INTO "sku_words" VALUES('vase','019d3574e5aa7aaf9cb284f8b6febc3a');
INSERT INTO "sku_words" VALUES('vasetall','019d3574e5aa7aaf9cb284f8b6febc3a');
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
INSERT INTO "skus" VALUES('019d341c8f96754e9cc9af4ec9546b43','019d341c8f9679fa8a449ebe89d9bf02','MUG-BLUE','mug-blue',1250,'EUR',310,'EUR',1,2,'2026-03-28 11:03:00.246912','2026-03-28 11:03:00.246912','eulbgum',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d341c8f96707299901c0475491bc3','019d341c8f9679fa8a449ebe89d9bf02','Becher grün #2','becher grün #2',1300,'EUR',NULL,NULL,1,0,'2026-03-28 11:03:00.246912','2026-03-28 11:03:00.246912','2nurgrehceb',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d342961cd7cc28d103ed3cc667e97','019d3422f8b2795a8cfe5cd12d5db79b','PLATE','plate',2000,'EUR',700,'EUR',1,0,'2026-03-28 11:17:00.493824','2026-03-28 11:17:00.493824','etalp',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d342fcae97122ac512b01f18dd1ee','019d342fcae97d74884f3dd6415af341','RECIPES','recipes',900,'EUR',NULL,NULL,0,0,'2026-03-28 11:24:00.617280','2026-03-28 17:05:06.543168','sepicer',NULL,'{}',0,2,NULL,NULL);
INSERT INTO "skus" VALUES('019d3574e5aa7aaf9cb284f8b6febc3a','019d3574e5aa70c4a86bef29899918a7','VASE-TALL','vase-tall',4200,'EUR',1150,'EUR',1,0,'2026-03-28 17:19:06.666624','2026-03-28 17:19:06.666624','llatesav',NULL,'{}',0,1,NULL,NULL);
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
INSERT INTO "stock_count_lines" VALUES('019d34bcd3457aca92c9357d34accd78','019d342961cd7cc28d103ed3cc667e97',38,40);
INSERT INTO "stock_count_lines" VALUES('019d34c33c60763eaa7c314bf01dbf29','019d341c8f96754e9cc9af4ec9546b43',50,47);
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
INSERT INTO "stock_counts" VALUES('019d34bcd3457aca92c9357d34accd78','019d33abf28071038386bbc4cd613e30',NULL,'token:owner','2026-03-28 13:44:03.086400','2026-03-28 13:58:03.333312');
INSERT INTO "stock_counts" VALUES('019d34c33c60763eaa7c314bf01dbf29','019d33abf28071038386bbc4cd613e30','spring','token:owner','2026-03-28 14:05:03.456768','2026-03-28 14:05:03.456768');
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
INSERT INTO "stock_levels" VALUES('019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',6,4,0,1,0,0,'2026-03-28 09:19:00.000000');
INSERT INTO "stock_levels" VALUES('019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',28,0,2,5,5,4,'2026-03-28 17:26:06.790080');
INSERT INTO "stock_levels" VALUES('019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',23,0,1,5,0,0,'2026-03-28 16:30:05.925888');
INSERT INTO "stock_levels" VALUES('019d342961cd7cc28d103ed3cc667e97','019d3416267b75b79037cdff7c240d49',7,0,0,0,0,0,'2026-03-28 14:33:03.950592');
INSERT INTO "stock_levels" VALUES('019d341c8f96707299901c0475491bc3','019d33abf28071038386bbc4cd613e30',0,0,0,1,0,0,'2026-03-28 16:37:06.049344');
INSERT INTO "stock_levels" VALUES('019d3574e5aa7aaf9cb284f8b6febc3a','019d33abf28071038386bbc4cd613e30',3,0,0,0,0,0,'2026-03-28 17:19:06.666624');
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
INSERT INTO "stock_movements" VALUES('019d33adc7407a10af978d8719999e3f','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'allotted','committed','sold',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc740705bad2f89d94a2f20aa','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33adc7407802b610a9f7f9270f4e','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'allotted','committed','sold',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','order','019d33adc7407dc2b94067edfe175330','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33adc74076c3b79b17aeefba91fc','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','allotted','allotted',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "stock_movements" VALUES('019d33aeb1a076a1a77f6cbdcc22af58','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'committed','customer','shipped',NULL,'token:owner','shipment','019d33aeb1a0764a815a47c5f0dfb4a5','2026-03-28 09:03:00.000000','2026-03-28 09:03:00.000000');
INSERT INTO "stock_movements" VALUES('019d33b024b8729f874803e31ba16215','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','allotted','repaid',NULL,'store','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:04:35.000000','2026-03-28 09:04:35.000000');
INSERT INTO "stock_movements" VALUES('019d33b024b870b1b8255d6807923986','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'allotted','available','released',NULL,'channel:019d33ab-f280-73ab-8d44-7e35b8b6d8fe','counter','019d33abf280761ba1988ad9f06c144a','2026-03-28 09:04:35.000000','2026-03-28 09:04:35.000000');
INSERT INTO "stock_movements" VALUES('019d33bd57a0797e9d643c25fbb230bb','019d33abf28079b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',4,'supplier','available','fired',NULL,'token:owner',NULL,NULL,'2026-03-28 09:19:00.000000','2026-03-28 09:19:00.000000');
INSERT INTO "stock_movements" VALUES('019d343634047c1083ba33db73f7ba8e','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 11:31:00.740736');
INSERT INTO "stock_movements" VALUES('019d343c9d207cc09c07724e44c5b476','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 11:38:00.864192');
INSERT INTO "stock_movements" VALUES('019d3443063b72ac91cbc2884a5012dc','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',6,'supplier','quality_control','supplier to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 11:45:00.987648','2026-03-28 11:45:00.987648');
INSERT INTO "stock_movements" VALUES('019d34496f577a80ab0b8c12f3b37f32','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'adjustment','available','adjustment to available',NULL,'token:owner',NULL,NULL,'2026-03-28 11:52:01.111104','2026-03-28 11:52:01.111104');
INSERT INTO "stock_movements" VALUES('019d344fd8727b3db467537a4b63e0ef','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'adjustment','damaged','adjustment to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:59:01.234560','2026-03-28 11:59:01.234560');
INSERT INTO "stock_movements" VALUES('019d3456418e74fc860cea631d3b993f','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','adjustment','available to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 12:06:01.358016','2026-03-28 12:06:01.358016');
INSERT INTO "stock_movements" VALUES('019d345caaa97420b023580ccbd3f5e0','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:13:01.481472','2026-03-28 12:13:01.481472');
INSERT INTO "stock_movements" VALUES('019d346313c47fa28296f5eabaeb41a5','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','supplier','available to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 12:20:01.604928','2026-03-28 12:20:01.604928');
INSERT INTO "stock_movements" VALUES('019d34697ce07f9b912982e46e80fa48','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'customer','adjustment','customer to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 12:27:01.728384','2026-03-28 12:27:01.728384');
INSERT INTO "stock_movements" VALUES('019d346fe5fb7090a57e845465b675cd','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'customer','available','customer to available',NULL,'token:owner',NULL,NULL,'2026-03-28 12:34:01.851840','2026-03-28 12:34:01.851840');
INSERT INTO "stock_movements" VALUES('019d34764f17781ab46108cc721754ef','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'customer','damaged','customer to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:41:01.975296','2026-03-28 12:41:01.975296');
INSERT INTO "stock_movements" VALUES('019d347cb8327fa0b879399bd50e0097','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'customer','quality_control','customer to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 12:48:02.098752','2026-03-28 12:48:02.098752');
INSERT INTO "stock_movements" VALUES('019d3483214e7736843fdda7b1eedaff','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 12:55:02.222208','2026-03-28 12:55:02.222208');
INSERT INTO "stock_movements" VALUES('019d34898a697acda518093d07dbf924','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'damaged','adjustment','damaged to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 13:02:02.345664','2026-03-28 13:02:02.345664');
INSERT INTO "stock_movements" VALUES('019d348ff38576d2a185cc8ea8ea37f7','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 13:09:02.469120','2026-03-28 13:09:02.469120');
INSERT INTO "stock_movements" VALUES('019d34965ca07367b7c882f4202cc828','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'damaged','available','damaged to available',NULL,'token:owner',NULL,NULL,'2026-03-28 13:16:02.592576','2026-03-28 13:16:02.592576');
INSERT INTO "stock_movements" VALUES('019d349cc5bc713b9bc799b0121b2800','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 13:23:02.716032','2026-03-28 13:23:02.716032');
INSERT INTO "stock_movements" VALUES('019d34a32ed7728abe6c6fe94c41d9c0','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'damaged','supplier','damaged to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 13:30:02.839488','2026-03-28 13:30:02.839488');
INSERT INTO "stock_movements" VALUES('019d34a997f278f8822bc32021615022','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'quality_control','available','quality_control to available',NULL,'token:owner',NULL,NULL,'2026-03-28 13:37:02.962944','2026-03-28 13:37:02.962944');
INSERT INTO "stock_movements" VALUES('019d34b0010e737b91c51f86973082d6','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'quality_control','damaged','quality_control to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 13:44:03.086400','2026-03-28 13:44:03.086400');
INSERT INTO "stock_movements" VALUES('019d34b66a29760c8994940e82458cc8','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',3,'available','committed','ordered',NULL,'token:owner','order','019d34b66a297d3cabe88b4675fa6dd8','2026-03-28 13:51:03.209856','2026-03-28 13:51:03.209856');
INSERT INTO "stock_movements" VALUES('019d34bcd3457975aed5d1bfe585552f','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',2,'available','adjustment','stocktake',NULL,'token:owner','count','019d34bcd3457aca92c9357d34accd78','2026-03-28 13:44:03.086400','2026-03-28 13:58:03.333312');
INSERT INTO "stock_movements" VALUES('019d34c33c6077fe810d2e304bcb6b22','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','stocktake','spring','token:owner','count','019d34c33c60763eaa7c314bf01dbf29','2026-03-28 14:05:03.456768','2026-03-28 14:05:03.456768');
INSERT INTO "stock_movements" VALUES('019d34c9a57c728084a1bde44806aa81','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',5,'available','transit','sent',NULL,'token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:12:03.580224','2026-03-28 14:12:03.580224');
INSERT INTO "stock_movements" VALUES('019d34d00e977903bcaf4a5acfa6cf3e','019d342961cd7cc28d103ed3cc667e97','019d3416267b75b79037cdff7c240d49',5,'transit','available','received',NULL,'token:owner','transfer','019d34c9a57c7e65a6fec086df229650','2026-03-28 14:19:03.703680','2026-03-28 14:19:03.703680');
INSERT INTO "stock_movements" VALUES('019d34d677b37d6498ae013eaca91679','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',4,'available','transit','sent',NULL,'token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:26:03.827136','2026-03-28 14:26:03.827136');
INSERT INTO "stock_movements" VALUES('019d34dce0ce7e1faa190b2a58068a9d','019d342961cd7cc28d103ed3cc667e97','019d3416267b75b79037cdff7c240d49',2,'transit','available','received',NULL,'token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:33:03.950592','2026-03-28 14:33:03.950592');
INSERT INTO "stock_movements" VALUES('019d34e349ea7fc7849872c67c081bb7','019d342961cd7cc28d103ed3cc667e97','019d3416267b75b79037cdff7c240d49',2,'transit','adjustment','lost',NULL,'token:owner','transfer','019d34d677b37440b6891eeb6de2b33b','2026-03-28 14:40:04.074048','2026-03-28 14:40:04.074048');
INSERT INTO "stock_movements" VALUES('019d34e9b30572a8ab711343220d672b','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',3,'available','transit','sent',NULL,'token:owner','transfer','019d34e9b30571588a57af35b9b81635','2026-03-28 14:47:04.197504','2026-03-28 14:47:04.197504');
INSERT INTO "stock_movements" VALUES('019d34f01c207d768181e84d99a74924','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34f01c20755382557035449c4ca2','2026-03-28 14:54:04.320960','2026-03-28 14:54:04.320960');
INSERT INTO "stock_movements" VALUES('019d34f01c2075699e3c536c415ac400','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34f01c20755382557035449c4ca2','2026-03-28 14:54:04.320960','2026-03-28 14:54:04.320960');
INSERT INTO "stock_movements" VALUES('019d34f6853c7f47878fec459a9e994c','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34f6853c7f1b9e0f39a73c35612e','2026-03-28 15:01:04.444416','2026-03-28 15:01:04.444416');
INSERT INTO "stock_movements" VALUES('019d34f6853c77d3a323ce54b7115c02','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34f6853c7f1b9e0f39a73c35612e','2026-03-28 15:01:04.444416','2026-03-28 15:01:04.444416');
INSERT INTO "stock_movements" VALUES('019d34fcee577129a816de060a04ef48','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:08:04.567872','2026-03-28 15:08:04.567872');
INSERT INTO "stock_movements" VALUES('019d34fcee577fdf9dbd358f6156c4df','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:08:04.567872','2026-03-28 15:08:04.567872');
INSERT INTO "stock_movements" VALUES('019d350357737c8296605d959d7cd4f6','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d3503577371d597450e6520012170','2026-03-28 15:15:04.691328','2026-03-28 15:15:04.691328');
INSERT INTO "stock_movements" VALUES('019d350357737139a0c73494ed192da3','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d3503577371d597450e6520012170','2026-03-28 15:15:04.691328','2026-03-28 15:15:04.691328');
INSERT INTO "stock_movements" VALUES('019d3509c08e7f3c94ed204990e32e82','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'reserved','available','released',NULL,'token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:22:04.814784','2026-03-28 15:22:04.814784');
INSERT INTO "stock_movements" VALUES('019d3509c08e7e419d698c8b44480030','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'reserved','available','released',NULL,'token:owner','reservation','019d34fcee5775209ab1c42fc52f4fbe','2026-03-28 15:22:04.814784','2026-03-28 15:22:04.814784');
INSERT INTO "stock_movements" VALUES('019d350e546e788e907f96694ba955f3','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d3503577371d597450e6520012170','2026-03-28 15:27:04.814784','2026-03-28 15:27:04.814784');
INSERT INTO "stock_movements" VALUES('019d350e546e77509d43d1ffecd1345e','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d3503577371d597450e6520012170','2026-03-28 15:27:04.814784','2026-03-28 15:27:04.814784');
INSERT INTO "stock_movements" VALUES('019d3514bd8a7c90bd589cab301ba988','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240','2026-03-28 15:34:04.938240');
INSERT INTO "stock_movements" VALUES('019d3514bd8a76be96380ed6fcf7f49d','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'reserved','available','hold_left_over',NULL,'token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240','2026-03-28 15:34:04.938240');
INSERT INTO "stock_movements" VALUES('019d3514bd8a77349d95389b297a21d7','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d3514bd8a7d3c8bb662a8c979cb06','2026-03-28 15:34:04.938240','2026-03-28 15:34:04.938240');
INSERT INTO "stock_movements" VALUES('019d351b26a5735099a2105c50806f01','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d351b26a57d86be77344828b09a93','2026-03-28 15:41:05.061696','2026-03-28 15:41:05.061696');
INSERT INTO "stock_movements" VALUES('019d35218fc17501a42a357c732902f4','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',2,'committed','customer','shipped',NULL,'token:owner','shipment','019d35218fc17c9482b087f806faadb1','2026-03-28 15:48:05.185152','2026-03-28 15:48:05.185152');
INSERT INTO "stock_movements" VALUES('019d3527f8dc7c729e289761c8fea5d7','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',4,'available','committed','ordered',NULL,'token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 15:55:05.308608','2026-03-28 15:55:05.308608');
INSERT INTO "stock_movements" VALUES('019d352e61f873528aa672352ee7af97','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'committed','customer','shipped',NULL,'token:owner','shipment','019d352e61f87782b02d3504de1bf0cd','2026-03-28 16:02:05.432064','2026-03-28 16:02:05.432064');
INSERT INTO "stock_movements" VALUES('019d3534cb137d1c94d4954e5c47577b','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'committed','available','cancelled',NULL,'token:owner','order','019d3527f8dc7f85913dd1a6e9d40f2b','2026-03-28 16:09:05.555520','2026-03-28 16:09:05.555520');
INSERT INTO "stock_movements" VALUES('019d353b342e74ebb772f8ea63f666e0','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:16:05.678976','2026-03-28 16:16:05.678976');
INSERT INTO "stock_movements" VALUES('019d35419d4a7d8f8af078b051158de5','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',2,'committed','available','cancelled',NULL,'token:owner','order','019d353b342e7171b2a9b8a4c0d76560','2026-03-28 16:23:05.802432','2026-03-28 16:23:05.802432');
INSERT INTO "stock_movements" VALUES('019d35480665744892840ea166daa365','019d342961cd7cc28d103ed3cc667e97','019d33abf28071038386bbc4cd613e30',1,'available','committed','sold',NULL,'token:owner','order','019d354806657558beefe7344d84e990','2026-03-28 16:30:05.925888','2026-03-28 16:30:05.925888');
INSERT INTO "stock_movements" VALUES('019d354e6f817058933bb4c2baaad651','019d341c8f96707299901c0475491bc3','019d33abf28071038386bbc4cd613e30',1,'supplier','available','supplier to available',NULL,'token:owner',NULL,NULL,'2026-03-28 16:37:06.049344','2026-03-28 16:37:06.049344');
INSERT INTO "stock_movements" VALUES('019d354e6f8175bf8acc9ec8c02fc22a','019d341c8f96707299901c0475491bc3','019d33abf28071038386bbc4cd613e30',1,'available','committed','short_filled',NULL,'store','order','019d354806657558beefe7344d84e990','2026-03-28 16:37:06.049344','2026-03-28 16:37:06.049344');
INSERT INTO "stock_movements" VALUES('019d3554d89c72c6aa4da822f3009a5c','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d3554d89c719ca778507cdbeef77a','2026-03-28 16:44:06.172800','2026-03-28 16:44:06.172800');
INSERT INTO "stock_movements" VALUES('019d3574e5aa7c7180a980bd3f4ed95a','019d3574e5aa7aaf9cb284f8b6febc3a','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','opening_stock',NULL,'token:owner','import','019d3574e5aa76ed8c8670622d9b8ebf','2026-03-28 17:19:06.666624','2026-03-28 17:19:06.666624');
INSERT INTO "stock_movements" VALUES('019d357b4ec67eeea57d041ecb06718c','019d341c8f96754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d357b4ec6765482c8261b740c1a65','2026-03-28 17:26:06.790080','2026-03-28 17:26:06.790080');
CREATE TABLE store (
	id INTEGER NOT NULL, 
	instance_id CHAR(32) NOT NULL, 
	epoch INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	created_at DATETIME NOT NULL, 
	probed_at DATETIME, name VARCHAR(200) DEFAULT 'My store' NOT NULL, time_zone VARCHAR(64) DEFAULT 'UTC' NOT NULL, default_policy VARCHAR(16) DEFAULT 'strict' NOT NULL, on_hand_edit VARCHAR(16) DEFAULT 'ask' NOT NULL, deliveries_days INTEGER DEFAULT '30' NOT NULL, writes_days INTEGER DEFAULT '400' NOT NULL, events_days INTEGER DEFAULT '90' NOT NULL, answers_days INTEGER DEFAULT '7' NOT NULL, version INTEGER DEFAULT '1' NOT NULL, recovering_since DATETIME, recovering_why VARCHAR(32), knows_until DATETIME, place VARCHAR(200), own_orders BOOLEAN DEFAULT 1 NOT NULL, webhook_messages_days INTEGER DEFAULT '30' NOT NULL, 
	CONSTRAINT pk_store PRIMARY KEY (id), 
	CONSTRAINT ck_store_one_row CHECK (id = 1)
);
INSERT INTO "store" VALUES(1,'019d33abf2807d8e91b7584a2265b1f5',2,'EUR','2026-03-28 09:00:00.000000','2026-03-28 09:00:00.000000','My store','UTC','strict','ask',30,400,90,7,1,'2026-03-28 10:19:00.000000','restored','2026-03-28 10:19:00.000000',NULL,1,30);
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
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/imports','the-shelf','8c48125452daa592e5f508d6f00e22ca2b5563578f982d5c2b51fffd921c3016',202,X'7B226964223A2230313964333537342D653561612D373665642D386338362D373036323264396238656266222C22737461747573223A2277616974696E67222C226E616D65223A227368656C662E637376222C22666F726D6174223A6E756C6C2C226C6F636174696F6E223A2253545544494F222C2273697A655F6279746573223A39322C226C696E6573223A6E756C6C2C226C696E65223A302C22726F7773223A302C226261645F726F7773223A302C2270726F64756374735F63726561746564223A302C2270726F64756374735F6368616E676564223A302C22736B75735F63726561746564223A302C22736B75735F6368616E676564223A302C22736B75735F756E6368616E676564223A302C22756E697473223A302C226572726F7273223A302C22726561736F6E223A6E756C6C2C22637265617465645F6174223A22323032362D30332D32385431373A31393A30362E3636363632345A222C22757064617465645F6174223A22323032362D30332D32385431373A31393A30362E3636363632345A222C2266696E69736865645F6174223A6E756C6C7D','2026-03-28 17:19:06.666624');
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/orders','the-web-shops-first-order','4536d999e0eb802abac984308becf38378c2afe011e022b2746d332c13914ea6',201,X'7B226964223A2230313964333537622D346563362D373635342D383263382D323631623734306331613635222C227265666572656E6365223A225745422D31303031222C226368616E6E656C5F6964223A6E756C6C2C2265787465726E616C5F6964223A6E756C6C2C22737461747573223A226F70656E222C2270616964223A747275652C22686F6C645F756E74696C223A6E756C6C2C2263616E63656C5F7265717565737465645F6174223A6E756C6C2C22736F6C64223A66616C73652C2274657374223A66616C73652C2266756C66696C6C65645F6279223A227573222C22636F6E746163745F6964223A6E756C6C2C22736869705F746F5F6964223A6E756C6C2C227265736572766174696F6E5F6964223A6E756C6C2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C227368697070696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22726F756E64696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C227072696365735F696E636C7564655F746178223A66616C73652C2270726573656E746D656E74223A6E756C6C2C22736869705F6279223A6E756C6C2C22706C616365645F6174223A22323032362D30332D32385431373A32363A30362E3739303038305A222C22757064617465645F6174223A22323032362D30332D32385431373A32363A30362E3739303038305A222C2263616E63656C6C65645F6174223A6E756C6C2C2263616E63656C5F726561736F6E223A6E756C6C2C226C696E6573223A5B7B226964223A2230313964333537622D346563362D373262642D393662332D303537346436313732616466222C22736B75223A224D55472D424C5545222C22736B755F6964223A2230313964333431632D386639362D373534652D396363392D616634656339353436623433222C226C697374696E675F6964223A6E756C6C2C2266756C66696C6C65645F6279223A227573222C227469746C65223A6E756C6C2C227175616E74697479223A312C2263616E63656C6C6564223A302C2273686970706564223A302C22636F6D6D6974746564223A312C2273686F7274223A302C22756E69745F7072696365223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2270726573656E746D656E74223A6E756C6C2C22636F6D6D69746D656E7473223A5B7B226C6F636174696F6E223A2253545544494F222C227175616E74697479223A312C2273686970706564223A302C22756E69745F636F7374223A7B22616D6F756E74223A3331302C2263757272656E6379223A22455552227D7D5D7D5D7D','2026-03-28 17:26:06.790080');
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
INSERT INTO "tokens" VALUES('019d3574e5aa7f6aae9c8563107d72d5','web shop','write','8dc3239a67cde62f8a36ceba09f210f7c20f594aba42ca22f8ae44bcf07357e3','2026-03-28 17:19:06.666624',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('019d3574e5aa76e38ee9a4fd725a9a5b','old','read','d8e01d888ce1a960dd6b660574130f0863485c5524d073a150af0cc115f2730d','2026-03-28 17:19:06.666624','2026-03-29 17:19:06.666624',NULL,NULL);
INSERT INTO "tokens" VALUES('019d3574e5aa78a9800e67ed8c9cf440','lost','admin','f216757c09affeb0f919430f6fadfb6c30fd9ced6813b4b662e3f2d95b229078','2026-03-28 17:19:06.666624',NULL,'2026-03-28 17:19:06.666624',NULL);
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
INSERT INTO "transfer_lines" VALUES('019d34c9a57c7e65a6fec086df229650','019d342961cd7cc28d103ed3cc667e97',5,5,0);
INSERT INTO "transfer_lines" VALUES('019d34d677b37440b6891eeb6de2b33b','019d342961cd7cc28d103ed3cc667e97',4,2,2);
INSERT INTO "transfer_lines" VALUES('019d34e9b30571588a57af35b9b81635','019d341c8f96754e9cc9af4ec9546b43',3,0,0);
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
INSERT INTO "transfers" VALUES('019d34c9a57c7e65a6fec086df229650','019d33abf28071038386bbc4cd613e30','019d3416267b75b79037cdff7c240d49',NULL,'2026-03-28 14:12:03.580224');
INSERT INTO "transfers" VALUES('019d34d677b37440b6891eeb6de2b33b','019d33abf28071038386bbc4cd613e30','019d3416267b75b79037cdff7c240d49',NULL,'2026-03-28 14:26:03.827136');
INSERT INTO "transfers" VALUES('019d34e9b30571588a57af35b9b81635','019d33abf28071038386bbc4cd613e30','019d3416267b75b79037cdff7c240d49',NULL,'2026-03-28 14:47:04.197504');
CREATE TABLE webhook_endpoints (
	id CHAR(32) NOT NULL, 
	url VARCHAR(1000) NOT NULL, 
	description VARCHAR(200) NOT NULL, 
	types JSON NOT NULL, 
	secrets TEXT NOT NULL, 
	former_until DATETIME, 
	cursor INTEGER NOT NULL, 
	off_since DATETIME, 
	off_why VARCHAR(16), 
	failures INTEGER NOT NULL, 
	failing_since DATETIME, 
	retry_at DATETIME, 
	last_error VARCHAR(500), 
	version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id)
);
INSERT INTO "webhook_endpoints" VALUES('019d3581b7e17fb982553a33237475e1','http://127.0.0.1:9/','','["order.*"]','gAAAAABpyBDSp8oebgRRDvvxPaegh4iWfH6iatPuMCHVQPB4fIZ2yK3SmI6WZtIGgRUuwgq_4a-6Avd8gqEsgRk8CYikwpOWGactvy1NHRYnOUsDts64YiSTm-JLv4YZ6pLPL7TltLKMCQsEx2e3M_iytUwcvHxm6nOelJrpZwaYn9xD143apNk=',NULL,1000131,NULL,NULL,0,NULL,NULL,NULL,1,'2026-03-28 17:33:06.913536','2026-03-28 17:33:06.913536',NULL);
CREATE TABLE webhook_messages (
	id CHAR(32) NOT NULL, 
	endpoint_id CHAR(32) NOT NULL, 
	event_seq INTEGER, 
	type VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	begun_at DATETIME NOT NULL, 
	due_at DATETIME, 
	sent_at DATETIME, 
	took_ms INTEGER, 
	status INTEGER, 
	answer VARCHAR(500), 
	error VARCHAR(500), 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_webhook_messages PRIMARY KEY (id), 
	CONSTRAINT fk_webhook_messages_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (id), 
	CONSTRAINT uq_webhook_messages_endpoint_id_event_seq UNIQUE (endpoint_id, event_seq)
);
INSERT INTO "webhook_messages" VALUES('019d3581b7e1765d86e3db95d4350b28','019d3581b7e17fb982553a33237475e1',NULL,'ping','sending',1,'2026-03-28 17:33:06.913536','2026-03-28 17:33:36.913536','2026-03-28 17:33:06.913536',NULL,NULL,NULL,NULL,'2026-03-28 17:33:06.913536');
CREATE TABLE workers (
	id VARCHAR(64) NOT NULL, 
	started_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_workers PRIMARY KEY (id)
);
INSERT INTO "workers" VALUES('pottery:17:gone','2026-03-28 17:33:06.913536','2026-03-28 17:33:06.913536');
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
INSERT INTO "write_entries" VALUES('019d33adc74074d8b099fdf5ab99254a','019d33abf280761ba1988ad9f06c144a',2,2,4,NULL,0,0,NULL);
INSERT INTO "write_entries" VALUES('019d33b011307bceacab1a6bc69d4bd8','019d33abf280761ba1988ad9f06c144a',0,4,4,NULL,0,0,5);
INSERT INTO "write_entries" VALUES('019d33b024b87bb9bd5c8dfc5eda92d8','019d33abf280761ba1988ad9f06c144a',-1,5,4,NULL,0,0,NULL);
INSERT INTO "write_entries" VALUES('019d33f44620734a8fb5262cc7038069','019d33abf280761ba1988ad9f06c144a',0,4,4,NULL,0,0,4);
INSERT INTO "write_entries" VALUES('019d340201c075d79eb8fc4c7b297d0b','019d33abf280761ba1988ad9f06c144a',0,4,4,NULL,0,0,4);
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
INSERT INTO "writes" VALUES('019d33adc74074d8b099fdf5ab99254a','019d33abf28073ab8d447e35b8b6d8fe','BOWL','compare_and_set','closed','1-019d33ad-c740-7e93-947d-380d81f9c1f6',1,1,'{"unit":"BOWL","key":"1-019d33ad-c740-7e93-947d-380d81f9c1f6","counters":[["BOWL",2,2,4]]}',1,1,NULL,'2026-03-28 09:02:00.000000',NULL,NULL,NULL,'done',NULL,'2026-03-28 09:02:00.000000','2026-03-28 09:02:00.000000');
INSERT INTO "writes" VALUES('019d33b011307bceacab1a6bc69d4bd8','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d33b0-1130-7b3f-a1fa-b9d78c7e134f',1,1,'null',0,1,NULL,NULL,NULL,'2026-03-28 09:04:30.000000',NULL,'read',NULL,'2026-03-28 09:04:30.000000','2026-03-28 09:04:35.000000');
INSERT INTO "writes" VALUES('019d33b024b87bb9bd5c8dfc5eda92d8','019d33abf28073ab8d447e35b8b6d8fe','BOWL','compare_and_set','closed','1-019d33b0-24b8-764b-9707-107e855c3844',1,1,'{"unit":"BOWL","key":"1-019d33b0-24b8-764b-9707-107e855c3844","counters":[["BOWL",-1,5,4]]}',1,1,NULL,'2026-03-28 09:04:35.000000',NULL,NULL,NULL,'done',NULL,'2026-03-28 09:04:35.000000','2026-03-28 09:04:35.000000');
INSERT INTO "writes" VALUES('019d33f44620734a8fb5262cc7038069','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d33f4-4620-784c-a116-7d8fcf23cae8',2,7,'null',0,1,NULL,NULL,NULL,'2026-03-28 10:19:00.000000',NULL,'read',NULL,'2026-03-28 10:19:00.000000','2026-03-28 10:19:05.000000');
INSERT INTO "writes" VALUES('019d340201c075d79eb8fc4c7b297d0b','019d33abf28073ab8d447e35b8b6d8fe','BOWL','rebase','closed','019d3402-01c0-70e7-b320-cd576d14475b',2,7,'null',0,1,NULL,NULL,NULL,'2026-03-28 10:34:00.000000',NULL,'read',NULL,'2026-03-28 10:34:00.000000','2026-03-28 10:34:05.000000');
CREATE INDEX ix_contacts_buyer_id ON contacts (buyer_id);
CREATE INDEX ix_events_tx_seq ON events (tx, seq);
CREATE INDEX ix_reservations_held ON reservations (expires_at) WHERE status = 'held';
CREATE INDEX ix_stored_answers_stored_at ON stored_answers (stored_at);
CREATE INDEX ix_orders_reference ON orders (reference) WHERE reference IS NOT NULL;
CREATE INDEX ix_orders_status_id ON orders (status, id);
CREATE INDEX ix_orders_updated_at ON orders (updated_at);
CREATE INDEX ix_skus_product_id ON skus (product_id);
CREATE INDEX ix_order_lines_order_id ON order_lines (order_id);
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
CREATE UNIQUE INDEX uq_differences_open ON differences (channel_id, kind, subject) WHERE closed_at IS NULL;
CREATE INDEX ix_differences_channel_id_id ON differences (channel_id, id);
CREATE INDEX ix_differences_counter_id ON differences (counter_id);
CREATE INDEX ix_differences_closed_at ON differences (closed_at);
CREATE INDEX ix_counter_entries_reading ON counter_entries (counter_id, what, number) WHERE what = 'reading';
CREATE INDEX ix_exceptions_subject ON exceptions (subject);
CREATE INDEX ix_webhook_messages_endpoint_id_id ON webhook_messages (endpoint_id, id);
CREATE INDEX ix_webhook_messages_open ON webhook_messages (endpoint_id, due_at, event_seq) WHERE state IN ('waiting', 'sending');
CREATE INDEX ix_events_order ON events (subject) WHERE substr(type, 1, 6) = 'order.';
CREATE INDEX ix_order_lines_sku_id_order_id ON order_lines (sku_id, order_id);
CREATE INDEX ix_commitments_location_id_order_id ON commitments (location_id, order_id);
CREATE INDEX ix_stock_movements_location_id_id ON stock_movements (location_id, id);
CREATE INDEX ix_stock_counts_location_id_id ON stock_counts (location_id, id);
CREATE INDEX ix_transfer_lines_sku_id_transfer_id ON transfer_lines (sku_id, transfer_id);
CREATE INDEX ix_reservations_status_id ON reservations (status, id);
CREATE INDEX ix_reservation_lines_sku_id_reservation_id ON reservation_lines (sku_id, reservation_id);
CREATE INDEX ix_listings_channel_id_id ON listings (channel_id, id);
CREATE INDEX ix_listings_channel_id_mapping_id ON listings (channel_id, mapping, id);
CREATE INDEX ix_counters_channel_id_id ON counters (channel_id, id);
CREATE INDEX ix_differences_cause_id ON differences (cause, id);
CREATE INDEX ix_exceptions_cause_id ON exceptions (cause, id);
CREATE INDEX ix_exceptions_cause_closed_at_id ON exceptions (cause, closed_at, id);
CREATE INDEX ix_exceptions_severity_id ON exceptions (severity, id);
CREATE INDEX ix_exceptions_channel_id_id ON exceptions (channel_id, id);
CREATE INDEX ix_orders_channel ON orders (channel_id, id) WHERE channel_id IS NOT NULL;
CREATE INDEX ix_transfer_lines_under_way ON transfer_lines (transfer_id) WHERE sent > received + lost;
CREATE INDEX ix_products_archived ON products (id) WHERE archived IS 1;
CREATE INDEX ix_skus_archived ON skus (id) WHERE archived IS 1;
CREATE INDEX ix_counters_inactive ON counters (channel_id, state) WHERE state <> 'active';
CREATE INDEX ix_counters_exposed ON counters (id) WHERE excess_cause IS NOT NULL OR exposed > 0 OR held > 0 OR NOT known;
CREATE INDEX ix_counters_unprotected ON counters (id) WHERE NOT protected;
CREATE INDEX ix_counters_overdrawn ON counters (id) WHERE excess_cause IS NOT NULL;
CREATE INDEX ix_webhook_messages_failed ON webhook_messages (endpoint_id, id) WHERE state = 'failed';
CREATE INDEX ix_deliveries_parked ON deliveries (id) WHERE state = 'parked';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',1000132);
COMMIT;
