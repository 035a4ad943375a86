BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
	promised_at DATETIME NOT NULL, 
	CONSTRAINT pk_commitments PRIMARY KEY (id), 
	CONSTRAINT ck_commitments_quantity_not_negative CHECK (quantity >= 0), 
	CONSTRAINT ck_commitments_shipped_not_negative CHECK (shipped >= 0), 
	CONSTRAINT fk_commitments_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_commitments_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_commitments_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_commitments_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "commitments" VALUES('019d34529f4979be8c497c68a8c24d42','019d34529f4975a693ea5c4ed8f33418','019d34529f49744fa8e5b4617589a82b','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',3,0,'["019d33ab-f280-7103-8386-bbc4cd613e30"]',700,'EUR','2026-03-28 12:02:03.209856');
INSERT INTO "commitments" VALUES('019d34b0f2aa7736843fdda7b1eedaff','019d34b0f2aa78b5ad39eb43ad9cedde','019d34b0f2aa7fa0b879399bd50e0097','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 13:45:04.938240');
INSERT INTO "commitments" VALUES('019d34b0f2aa7a62861e02ec39235bc0','019d34b0f2aa78b5ad39eb43ad9cedde','019d34b0f2aa7cc2a17a4340f9c08fef','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 13:45:04.938240');
INSERT INTO "commitments" VALUES('019d34b75bc5740a909ff4976a8a43ef','019d34b75bc57367b7c882f4202cc828','019d34b75bc574e48c250a03e023033d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0,2,'null',310,'EUR','2026-03-28 13:52:05.061696');
INSERT INTO "commitments" VALUES('019d34c42dfc7aca92c9357d34accd78','019d34c42dfc760c8994940e82458cc8','019d34c42dfc719598d07674334de73d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,1,'null',310,'EUR','2026-03-28 14:06:05.308608');
INSERT INTO "commitments" VALUES('019d34d7694e7440b6891eeb6de2b33b','019d34d7694e7903bcaf4a5acfa6cf3e','019d34d7694e756ca298bdb1c85f0d46','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',0,0,'null',700,'EUR','2026-03-28 14:27:05.678976');
INSERT INTO "commitments" VALUES('019d34e43b8572a8ab711343220d672b','019d34e43b857fc7849872c67c081bb7','019d34e43b857108bc11654988534206','019d33b8c4b6700b84647159c324c985',NULL,2,0,'null',NULL,NULL,'2026-03-28 14:41:05.925888');
INSERT INTO "commitments" VALUES('019d34e43b85736a89c80c4de9367ed9','019d34e43b857fc7849872c67c081bb7','019d34e43b8571588a57af35b9b81635','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,0,'null',700,'EUR','2026-03-28 14:41:05.925888');
INSERT INTO "commitments" VALUES('019d34eaa4a174a89d296588571ceeee','019d34e43b857fc7849872c67c081bb7','019d34e43b857108bc11654988534206','019d33b8c4b6700b84647159c324c985','019d33abf28071038386bbc4cd613e30',1,0,'null',NULL,NULL,'2026-03-28 14:41:05.925888');
INSERT INTO "commitments" VALUES('019d34f10dbc75209ab1c42fc52f4fbe','019d34f10dbc77d3a323ce54b7115c02','019d34f10dbc78d2947810d822a608bf','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 14:55:06.172800');
INSERT INTO "commitments" VALUES('019d351783e67e8e8afd2973f8633958','019d351783e67e91af62e63a1a5356b5','019d351783e67ce5a0d6c766f6f62c28','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,0,'null',310,'EUR','2026-03-28 15:37:06.790080');
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
	erased_at DATETIME, 
	CONSTRAINT pk_contacts PRIMARY KEY (id), 
	CONSTRAINT fk_contacts_buyer_id FOREIGN KEY(buyer_id) REFERENCES contacts (id)
);
INSERT INTO "contacts" VALUES('019d34b75bc57f07aacc110e4f73fd94',NULL,'Ada Buyer','Kiln & Co','ada@example.org','+44 1782 000000',NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 13:52:05.061696',NULL);
INSERT INTO "contacts" VALUES('019d34b75bc5728abe6c6fe94c41d9c0','019d34b75bc57f07aacc110e4f73fd94','Ada Buyer',NULL,NULL,NULL,'1 Kiln Lane','Yard','Stoke',NULL,'ST1 1AA','GB','2026-03-28 13:52:05.061696',NULL);
INSERT INTO "contacts" VALUES('019d34fddff37f3c94ed204990e32e82',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:09:06.419712','2026-03-28 15:16:06.543168');
INSERT INTO "contacts" VALUES('019d34fddff37e419d698c8b44480030','019d34fddff37f3c94ed204990e32e82',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:09:06.419712','2026-03-28 15:16:06.543168');
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
INSERT INTO "events" VALUES(2,0,'location.created','019d33b25b9b7c9da12e7696a6cecc1b','{"code":"Stall/1","name":"Market stall"}','token:owner',NULL,NULL,'2026-03-28 09:07:00.123456');
INSERT INTO "events" VALUES(3,0,'product.created','019d33b8c4b67d5fa4b06ce60741c7a8','{"title":"Mug"}','token:owner',NULL,NULL,'2026-03-28 09:14:00.246912');
INSERT INTO "events" VALUES(4,0,'sku.created','019d33b8c4b679b9aec9d28663ca828d','{"code":"MUG-BLUE","product_id":"019d33b8-c4b6-7d5f-a4b0-6ce60741c7a8"}','token:owner',NULL,NULL,'2026-03-28 09:14:00.246912');
INSERT INTO "events" VALUES(5,0,'sku.created','019d33b8c4b6700b84647159c324c985','{"code":"Becher grün #2","product_id":"019d33b8-c4b6-7d5f-a4b0-6ce60741c7a8"}','token:owner',NULL,NULL,'2026-03-28 09:14:00.246912');
INSERT INTO "events" VALUES(6,0,'product.created','019d33bf2dd273ab8d447e35b8b6d8fe','{"title":"Plate"}','token:owner',NULL,NULL,'2026-03-28 09:21:00.370368');
INSERT INTO "events" VALUES(7,0,'sku.created','019d33c596ed707d91431193e6c3f339','{"code":"PLATE","product_id":"019d33bf-2dd2-73ab-8d44-7e35b8b6d8fe"}','token:owner',NULL,NULL,'2026-03-28 09:28:00.493824');
INSERT INTO "events" VALUES(8,0,'product.created','019d33cc00097f04825b413f8a9a021e','{"title":"Glaze recipes"}','token:owner',NULL,NULL,'2026-03-28 09:35:00.617280');
INSERT INTO "events" VALUES(9,0,'sku.created','019d33cc00097af9a19699cfe1988ad9','{"code":"PDF","product_id":"019d33cc-0009-7f04-825b-413f8a9a021e"}','token:owner',NULL,NULL,'2026-03-28 09:35:00.617280');
INSERT INTO "events" VALUES(10,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33d2-6924-7870-876f-3787b9d179e0","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 09:42:00.740736');
INSERT INTO "events" VALUES(11,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d33d8-d240-78d9-beed-8d14f06d3fef","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":40,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 09:49:00.864192');
INSERT INTO "events" VALUES(12,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33df-3b5b-7c2c-b802-08a9ad45f23d","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":6,"source":"supplier","target":"quality_control","reason":"supplier to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 09:56:00.987648');
INSERT INTO "events" VALUES(13,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33e5-a477-76a8-8580-5975ed2f89d9","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"available","reason":"adjustment to available"}]}','token:owner',NULL,NULL,'2026-03-28 10:03:01.111104');
INSERT INTO "events" VALUES(14,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33ec-0d92-719a-a46d-6753ec148cb4","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"adjustment","target":"damaged","reason":"adjustment to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 10:10:01.234560');
INSERT INTO "events" VALUES(15,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33f2-76ae-74bf-9c25-74bdb94067ed","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"adjustment","reason":"available to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 10:17:01.358016');
INSERT INTO "events" VALUES(16,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33f8-dfc9-7f92-b8b3-33a8e5446dd4","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 10:24:01.481472');
INSERT INTO "events" VALUES(17,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d33ff-48e4-781d-ac0f-3459f79b17ae","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"supplier","reason":"available to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 10:31:01.604928');
INSERT INTO "events" VALUES(18,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3405-b200-7489-8da9-8f1d3099fdf5","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"adjustment","reason":"customer to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 10:38:01.728384');
INSERT INTO "events" VALUES(19,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d340c-1b1b-7f0f-98a0-64df7fd63116","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"available","reason":"customer to available"}]}','token:owner',NULL,NULL,'2026-03-28 10:45:01.851840');
INSERT INTO "events" VALUES(20,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3412-8437-77ac-88d6-af57da711448","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"damaged","reason":"customer to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 10:52:01.975296');
INSERT INTO "events" VALUES(21,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3418-ed52-7aa1-aa10-7b75677f6cbd","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"customer","target":"quality_control","reason":"customer to quality_control"}]}','token:owner',NULL,NULL,'2026-03-28 10:59:02.098752');
INSERT INTO "events" VALUES(22,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d341f-566e-7c6a-b3fa-7aa7e1fab9d7","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:06:02.222208');
INSERT INTO "events" VALUES(23,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3425-bf89-7a9d-b05f-ca161622bd79","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"adjustment","reason":"damaged to adjustment"}]}','token:owner',NULL,NULL,'2026-03-28 11:13:02.345664');
INSERT INTO "events" VALUES(24,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d342c-28a5-7d72-855c-384429e821a4","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:20:02.469120');
INSERT INTO "events" VALUES(25,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3432-91c0-7780-8792-3986bb968a43","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"available","reason":"damaged to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:27:02.592576');
INSERT INTO "events" VALUES(26,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3438-fadc-79d7-bbb2-30bbd92a4aa2","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"damaged","reason":"available to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:34:02.716032');
INSERT INTO "events" VALUES(27,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d343f-63f7-72b0-ab9c-014ea5ac06d8","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"damaged","target":"supplier","reason":"damaged to supplier"}]}','token:owner',NULL,NULL,'2026-03-28 11:41:02.839488');
INSERT INTO "events" VALUES(28,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3445-cd12-7333-8541-013d0326324d","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"available","reason":"quality_control to available"}]}','token:owner',NULL,NULL,'2026-03-28 11:48:02.962944');
INSERT INTO "events" VALUES(29,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d344c-362e-7678-bb6f-e5078c5fe8f8","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"quality_control","target":"damaged","reason":"quality_control to damaged"}]}','token:owner',NULL,NULL,'2026-03-28 11:55:03.086400');
INSERT INTO "events" VALUES(30,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d3452-9f49-7016-bab9-f87ff5059285","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34529f4975a693ea5c4ed8f33418','2026-03-28 12:02:03.209856');
INSERT INTO "events" VALUES(31,0,'order.placed','019d34529f4975a693ea5c4ed8f33418','{"reference":"WEB-1000","lines":[{"line_id":"019d3452-9f49-744f-a8e5-b4617589a82b","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","quantity":3}],"total":{"amount":6000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34529f4975a693ea5c4ed8f33418','2026-03-28 12:02:03.209856');
INSERT INTO "events" VALUES(32,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d3459-0865-7832-bd91-a1b7f03edca7","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"adjustment","reason":"stocktake"}]}','token:owner','count','019d345908657e2fb463b337d20b5d59','2026-03-28 12:09:03.333312');
INSERT INTO "events" VALUES(33,0,'stock.counted','019d345908657e2fb463b337d20b5d59','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d345908657e2fb463b337d20b5d59','2026-03-28 12:09:03.333312');
INSERT INTO "events" VALUES(34,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d345f-7180-70e7-b320-cd576d14475b","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"stocktake"}]}','token:owner','count','019d345f7180734a8fb5262cc7038069','2026-03-28 12:16:03.456768');
INSERT INTO "events" VALUES(35,0,'stock.counted','019d345f7180734a8fb5262cc7038069','{"location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","lines":1}','token:owner','count','019d345f7180734a8fb5262cc7038069','2026-03-28 12:16:03.456768');
INSERT INTO "events" VALUES(36,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d3465-da9c-769e-8135-5c53f0e642f4","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":5,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:23:03.580224');
INSERT INTO "events" VALUES(37,0,'transfer.sent','019d3465da9c73328ded3c9691eb79fa','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b"}','token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:23:03.580224');
INSERT INTO "events" VALUES(38,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d346c-43b7-7005-9898-90086a17b9af","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b","quantity":5,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:30:03.703680');
INSERT INTO "events" VALUES(39,0,'transfer.received','019d3465da9c73328ded3c9691eb79fa','{"units":5}','token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:30:03.703680');
INSERT INTO "events" VALUES(40,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d3472-acd3-7072-9990-1c0475491bc3","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:37:03.827136');
INSERT INTO "events" VALUES(41,0,'transfer.sent','019d3472acd3754e9cc9af4ec9546b43','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b"}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:37:03.827136');
INSERT INTO "events" VALUES(42,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d3479-15ee-795a-8cfe-5cd12d5db79b","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b","quantity":2,"source":"transit","target":"available","reason":"received"}]}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:44:03.950592');
INSERT INTO "events" VALUES(43,0,'transfer.received','019d3472acd3754e9cc9af4ec9546b43','{"units":2}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:44:03.950592');
INSERT INTO "events" VALUES(44,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d347f-7f0a-7cc2-8d10-3ed3cc667e97","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b","quantity":2,"source":"transit","target":"adjustment","reason":"lost"}]}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:51:04.074048');
INSERT INTO "events" VALUES(45,0,'transfer.lost','019d3472acd3754e9cc9af4ec9546b43','{"units":2}','token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:51:04.074048');
INSERT INTO "events" VALUES(46,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3485-e825-7122-ac51-2b01f18dd1ee","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"available","target":"transit","reason":"sent"}]}','token:owner','transfer','019d3485e8257d74884f3dd6415af341','2026-03-28 12:58:04.197504');
INSERT INTO "events" VALUES(47,0,'transfer.sent','019d3485e8257d74884f3dd6415af341','{"source_id":"019d33ab-f280-7103-8386-bbc4cd613e30","target_id":"019d33b2-5b9b-7c9d-a12e-7696a6cecc1b"}','token:owner','transfer','019d3485e8257d74884f3dd6415af341','2026-03-28 12:58:04.197504');
INSERT INTO "events" VALUES(48,0,'stock.moved',NULL,'{"moves":[{"id":"019d348c-5140-73fd-87fc-816ac16e2284","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d348c-5140-7cc0-9c07-724e44c5b476","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d348c51407c1083ba33db73f7ba8e','2026-03-28 13:05:04.320960');
INSERT INTO "events" VALUES(49,0,'reservation.held','019d348c51407c1083ba33db73f7ba8e','{"expires_at":"2026-04-27T13:05:04.320960+00:00"}','token:owner',NULL,NULL,'2026-03-28 13:05:04.320960');
INSERT INTO "events" VALUES(50,0,'stock.moved',NULL,'{"moves":[{"id":"019d3492-ba5c-7871-8155-d7ef28dd37eb","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d3492-ba5c-7a80-ab0b-8c12f3b37f32","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d3492ba5c72ac91cbc2884a5012dc','2026-03-28 13:12:04.444416');
INSERT INTO "events" VALUES(51,0,'reservation.held','019d3492ba5c72ac91cbc2884a5012dc','{"expires_at":"2026-03-29T13:12:04.444416+00:00"}','token:owner',NULL,NULL,'2026-03-28 13:12:04.444416');
INSERT INTO "events" VALUES(52,0,'stock.moved',NULL,'{"moves":[{"id":"019d3499-2377-7795-bf1a-355e526eb523","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d3499-2377-74fc-860c-ea631d3b993f","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:19:04.567872');
INSERT INTO "events" VALUES(53,0,'reservation.held','019d349923777b3db467537a4b63e0ef','{"expires_at":"2026-03-29T13:19:04.567872+00:00"}','token:owner',NULL,NULL,'2026-03-28 13:19:04.567872');
INSERT INTO "events" VALUES(54,0,'stock.moved',NULL,'{"moves":[{"id":"019d349f-8c93-7e65-80e2-a20a1bd7ce73","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"reserved","reason":"held"},{"id":"019d349f-8c93-7fa2-8296-f5eabaeb41a5","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"reserved","reason":"held"}]}','token:owner','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:26:04.691328');
INSERT INTO "events" VALUES(55,0,'reservation.held','019d349f8c937420b023580ccbd3f5e0','{"expires_at":"2026-03-28T13:27:04.691328+00:00"}','token:owner',NULL,NULL,'2026-03-28 13:26:04.691328');
INSERT INTO "events" VALUES(56,0,'stock.moved',NULL,'{"moves":[{"id":"019d34a5-f5ae-7f9b-9129-82e46e80fa48","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"released"},{"id":"019d34a5-f5ae-7048-b9b2-1c95055455e8","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"released"}]}','token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:33:04.814784');
INSERT INTO "events" VALUES(57,0,'reservation.released','019d349923777b3db467537a4b63e0ef','{}','token:owner',NULL,NULL,'2026-03-28 13:33:04.814784');
INSERT INTO "events" VALUES(58,0,'stock.moved',NULL,'{"moves":[{"id":"019d34aa-898e-7090-a57e-845465b675cd","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"reserved","target":"available","reason":"lapsed"},{"id":"019d34aa-898e-7293-b5bb-9188b80599e9","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"lapsed"}]}','housekeeping','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:38:04.814784');
INSERT INTO "events" VALUES(59,0,'reservation.lapsed','019d349f8c937420b023580ccbd3f5e0','{}','housekeeping',NULL,NULL,'2026-03-28 13:38:04.814784');
INSERT INTO "events" VALUES(60,0,'reservation.used','019d3492ba5c72ac91cbc2884a5012dc','{}','token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240');
INSERT INTO "events" VALUES(61,0,'stock.moved',NULL,'{"moves":[{"id":"019d34b0-f2aa-7acd-a518-093d07dbf924","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"},{"id":"019d34b0-f2aa-7523-8daa-ac43936aa40c","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"available","reason":"hold_left_over"},{"id":"019d34b0-f2aa-76d2-a185-cc8ea8ea37f7","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"reserved","target":"committed","reason":"ordered"}]}','token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240');
INSERT INTO "events" VALUES(62,0,'order.placed','019d34b0f2aa78b5ad39eb43ad9cedde','{"reference":null,"lines":[{"line_id":"019d34b0-f2aa-7fa0-b879-399bd50e0097","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":1},{"line_id":"019d34b0-f2aa-7cc2-a17a-4340f9c08fef","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","quantity":1}],"total":{"amount":3250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240');
INSERT INTO "events" VALUES(63,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34b7-5bc5-78f8-822b-c32021615022","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34b75bc57367b7c882f4202cc828','2026-03-28 13:52:05.061696');
INSERT INTO "events" VALUES(64,0,'order.placed','019d34b75bc57367b7c882f4202cc828','{"reference":null,"lines":[{"line_id":"019d34b7-5bc5-74e4-8c25-0a03e023033d","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":2},{"line_id":"019d34b7-5bc5-713b-9bc7-99b0121b2800","sku_id":"019d33cc-0009-7af9-a196-99cfe1988ad9","quantity":1}],"total":{"amount":3642,"currency":"EUR"},"contact_id":"019d34b7-5bc5-7f07-aacc-110e4f73fd94","sold":false,"test":false}','token:owner','order','019d34b75bc57367b7c882f4202cc828','2026-03-28 13:52:05.061696');
INSERT INTO "events" VALUES(65,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34bd-c4e1-7f97-9eb0-e066de26e655","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d34bdc4e1737b91c51f86973082d6','2026-03-28 13:59:05.185152');
INSERT INTO "events" VALUES(66,0,'order.shipped','019d34b75bc57367b7c882f4202cc828','{"shipment_id":"019d34bd-c4e1-737b-91c5-1f86973082d6","carrier":"DHL","tracking_number":"00340434161094042557","lines":[{"line_id":"019d34b7-5bc5-74e4-8c25-0a03e023033d","quantity":2},{"line_id":"019d34b7-5bc5-713b-9bc7-99b0121b2800","quantity":1}]}','token:owner','shipment','019d34bdc4e1737b91c51f86973082d6','2026-03-28 13:59:05.185152');
INSERT INTO "events" VALUES(67,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34c4-2dfc-7975-aed5-d1bfe585552f","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":4,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:06:05.308608');
INSERT INTO "events" VALUES(68,0,'order.placed','019d34c42dfc760c8994940e82458cc8','{"reference":null,"lines":[{"line_id":"019d34c4-2dfc-7195-98d0-7674334de73d","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":4}],"total":{"amount":5000,"currency":"EUR"},"contact_id":"019d34b7-5bc5-7f07-aacc-110e4f73fd94","sold":false,"test":false}','token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:06:05.308608');
INSERT INTO "events" VALUES(69,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34ca-9718-79c9-9349-da4804673b75","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"customer","reason":"shipped"}]}','token:owner','shipment','019d34ca9718763eaa7c314bf01dbf29','2026-03-28 14:13:05.432064');
INSERT INTO "events" VALUES(70,0,'order.shipped','019d34c42dfc760c8994940e82458cc8','{"shipment_id":"019d34ca-9718-763e-aa7c-314bf01dbf29","carrier":null,"tracking_number":null,"lines":[{"line_id":"019d34c4-2dfc-7195-98d0-7674334de73d","quantity":1}]}','token:owner','shipment','019d34ca9718763eaa7c314bf01dbf29','2026-03-28 14:13:05.432064');
INSERT INTO "events" VALUES(71,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34d1-0033-7280-84a1-bde44806aa81","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:20:05.555520');
INSERT INTO "events" VALUES(72,0,'order.cancelled','019d34c42dfc760c8994940e82458cc8','{"reason":"one too many","lines":[{"line_id":"019d34c4-2dfc-7195-98d0-7674334de73d","quantity":1}]}','token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:20:05.555520');
INSERT INTO "events" VALUES(73,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d34d7-694e-7d64-98ae-013eaca91679","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:27:05.678976');
INSERT INTO "events" VALUES(74,0,'order.placed','019d34d7694e7903bcaf4a5acfa6cf3e','{"reference":null,"lines":[{"line_id":"019d34d7-694e-756c-a298-bdb1c85f0d46","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","quantity":2}],"total":{"amount":4000,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:27:05.678976');
INSERT INTO "events" VALUES(75,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d34dd-d26a-7e1f-aa19-0b2a58068a9d","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":2,"source":"committed","target":"available","reason":"cancelled"}]}','token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:34:05.802432');
INSERT INTO "events" VALUES(76,0,'order.cancelled','019d34d7694e7903bcaf4a5acfa6cf3e','{"reason":"changed their mind","lines":[{"line_id":"019d34d7-694e-756c-a298-bdb1c85f0d46","quantity":2}]}','token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:34:05.802432');
INSERT INTO "events" VALUES(77,0,'stock.moved','019d33c596ed707d91431193e6c3f339','{"moves":[{"id":"019d34e4-3b85-7553-8255-7035449c4ca2","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"sold"}]}','token:owner','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:41:05.925888');
INSERT INTO "events" VALUES(78,0,'order.line_short','019d34e43b857fc7849872c67c081bb7','{"line_id":"019d34e4-3b85-7108-bc11-654988534206","sku_id":"019d33b8-c4b6-700b-8464-7159c324c985","quantity":3}','token:owner','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:41:05.925888');
INSERT INTO "events" VALUES(79,0,'order.placed','019d34e43b857fc7849872c67c081bb7','{"reference":"stall, cash","lines":[{"line_id":"019d34e4-3b85-7108-bc11-654988534206","sku_id":"019d33b8-c4b6-700b-8464-7159c324c985","quantity":3},{"line_id":"019d34e4-3b85-7158-8a57-af35b9b81635","sku_id":"019d33c5-96ed-707d-9143-1193e6c3f339","quantity":1}],"total":{"amount":5900,"currency":"EUR"},"contact_id":null,"sold":true,"test":false}','token:owner','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:41:05.925888');
INSERT INTO "events" VALUES(80,0,'stock.moved','019d33b8c4b6700b84647159c324c985','{"moves":[{"id":"019d34ea-a4a1-7569-9e3c-536c415ac400","sku_id":"019d33b8-c4b6-700b-8464-7159c324c985","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"supplier","target":"available","reason":"supplier to available"}]}','token:owner',NULL,NULL,'2026-03-28 14:48:06.049344');
INSERT INTO "events" VALUES(81,0,'stock.moved','019d33b8c4b6700b84647159c324c985','{"moves":[{"id":"019d34ea-a4a1-7f1b-9e0f-39a73c35612e","sku_id":"019d33b8-c4b6-700b-8464-7159c324c985","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"short_filled"}]}','store','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:48:06.049344');
INSERT INTO "events" VALUES(82,0,'order.line_filled','019d34e43b857fc7849872c67c081bb7','{"line_id":"019d34e4-3b85-7108-bc11-654988534206","sku_id":"019d33b8-c4b6-700b-8464-7159c324c985","quantity":1}','store',NULL,NULL,'2026-03-28 14:48:06.049344');
INSERT INTO "events" VALUES(83,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d34f1-0dbc-7129-a816-de060a04ef48","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d34f10dbc77d3a323ce54b7115c02','2026-03-28 14:55:06.172800');
INSERT INTO "events" VALUES(84,0,'order.placed','019d34f10dbc77d3a323ce54b7115c02','{"reference":null,"lines":[{"line_id":"019d34f1-0dbc-78d2-9478-10d822a608bf","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":true}','token:owner','order','019d34f10dbc77d3a323ce54b7115c02','2026-03-28 14:55:06.172800');
INSERT INTO "events" VALUES(85,0,'order.placed','019d34f776d87d40a5b7501ac9c1ffef','{"reference":null,"lines":[{"line_id":"019d34f7-76d8-71d5-9745-0e6520012170","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":9}],"total":{"amount":11250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d34f776d87d40a5b7501ac9c1ffef','2026-03-28 15:02:06.296256');
INSERT INTO "events" VALUES(86,0,'order.placed','019d34fddff37139a0c73494ed192da3','{"reference":null,"lines":[{"line_id":"019d34fd-dff3-7396-8cde-ce75921ebce6","sku_id":"019d33cc-0009-7af9-a196-99cfe1988ad9","quantity":1}],"total":{"amount":900,"currency":"EUR"},"contact_id":"019d34fd-dff3-7f3c-94ed-204990e32e82","sold":false,"test":false}','token:owner','order','019d34fddff37139a0c73494ed192da3','2026-03-28 15:09:06.419712');
INSERT INTO "events" VALUES(87,0,'contact.erased','019d34fddff37f3c94ed204990e32e82','{}','token:owner',NULL,NULL,'2026-03-28 15:16:06.543168');
INSERT INTO "events" VALUES(88,0,'sku.changed','019d33cc00097af9a19699cfe1988ad9','{"changes":{"code":{"old":"PDF","new":"RECIPES"}}}','token:owner',NULL,NULL,'2026-03-28 15:16:06.543168');
INSERT INTO "events" VALUES(89,0,'product.created','019d35111aca7d349d775b7c69dd6493','{"title":"Vase"}','token:owner','import','019d35111aca717483b96d91aba018ea','2026-03-28 15:30:06.666624');
INSERT INTO "events" VALUES(90,0,'sku.created','019d35111aca70a38a357568e2934bf1','{"code":"VASE-TALL","product_id":"019d3511-1aca-7d34-9d77-5b7c69dd6493"}','token:owner','import','019d35111aca717483b96d91aba018ea','2026-03-28 15:30:06.666624');
INSERT INTO "events" VALUES(91,0,'stock.moved','019d35111aca70a38a357568e2934bf1','{"moves":[{"id":"019d3511-1aca-7c90-bd58-9cab301ba988","sku_id":"019d3511-1aca-70a3-8a35-7568e2934bf1","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":3,"source":"adjustment","target":"available","reason":"opening_stock"}]}','token:owner','import','019d35111aca717483b96d91aba018ea','2026-03-28 15:30:06.666624');
INSERT INTO "events" VALUES(92,0,'import.done','019d35111aca717483b96d91aba018ea','{"rows":2,"bad_rows":1,"products_created":1,"products_changed":0,"skus_created":1,"skus_changed":0,"skus_unchanged":0,"units":3}','token:owner','import','019d35111aca717483b96d91aba018ea','2026-03-28 15:30:06.666624');
INSERT INTO "events" VALUES(93,0,'stock.moved','019d33b8c4b679b9aec9d28663ca828d','{"moves":[{"id":"019d3517-83e6-78cd-8b45-2123d17f6494","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","location_id":"019d33ab-f280-7103-8386-bbc4cd613e30","quantity":1,"source":"available","target":"committed","reason":"ordered"}]}','token:owner','order','019d351783e67e91af62e63a1a5356b5','2026-03-28 15:37:06.790080');
INSERT INTO "events" VALUES(94,0,'order.placed','019d351783e67e91af62e63a1a5356b5','{"reference":"WEB-1001","lines":[{"line_id":"019d3517-83e6-7ce5-a0d6-c766f6f62c28","sku_id":"019d33b8-c4b6-79b9-aec9-d28663ca828d","quantity":1}],"total":{"amount":1250,"currency":"EUR"},"contact_id":null,"sold":false,"test":false}','token:owner','order','019d351783e67e91af62e63a1a5356b5','2026-03-28 15:37:06.790080');
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
INSERT INTO "import_errors" VALUES('019d35111aca717483b96d91aba018ea',1,3,'price','dear','''dear'' isn''t a number; write it like 12.50, without a sign of a currency.');
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
INSERT INTO "imports" VALUES('019d35111aca717483b96d91aba018ea','done','shelf.csv','tallystick','019d33abf28071038386bbc4cd613e30',92,3,3,2,1,1,0,1,0,0,3,1,NULL,'token:owner','2026-03-28 15:30:06.666624','2026-03-28 15:30:06.666624','2026-03-28 15:30:06.666624');
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
INSERT INTO "locations" VALUES('019d33b25b9b7c9da12e7696a6cecc1b','Stall/1','stall/1','Market stall',2,'2026-03-28 09:07:00.123456',1);
CREATE TABLE order_lines (
	id CHAR(32) NOT NULL, 
	order_id CHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
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
	presentment_total BIGINT, 
	CONSTRAINT pk_order_lines PRIMARY KEY (id), 
	CONSTRAINT ck_order_lines_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT ck_order_lines_cancelled_not_negative CHECK (cancelled >= 0), 
	CONSTRAINT ck_order_lines_shipped_not_negative CHECK (shipped >= 0), 
	CONSTRAINT ck_order_lines_no_more_than_ordered CHECK (cancelled + shipped <= quantity), 
	CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_order_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "order_lines" VALUES('019d34529f49744fa8e5b4617589a82b','019d34529f4975a693ea5c4ed8f33418',0,'019d33c596ed707d91431193e6c3f339',NULL,3,0,0,2000,6000,0,0,6000,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34b0f2aa7fa0b879399bd50e0097','019d34b0f2aa78b5ad39eb43ad9cedde',0,'019d33b8c4b679b9aec9d28663ca828d',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34b0f2aa7cc2a17a4340f9c08fef','019d34b0f2aa78b5ad39eb43ad9cedde',1,'019d33c596ed707d91431193e6c3f339',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34b75bc574e48c250a03e023033d','019d34b75bc57367b7c882f4202cc828',0,'019d33b8c4b679b9aec9d28663ca828d','Blue mug',2,0,2,1200,2400,100,437,2300,2600,110,470,2490);
INSERT INTO "order_lines" VALUES('019d34b75bc5713b9bc799b0121b2800','019d34b75bc57367b7c882f4202cc828',1,'019d33cc00097af9a19699cfe1988ad9',NULL,1,0,1,900,900,0,63,900,980,0,69,980);
INSERT INTO "order_lines" VALUES('019d34c42dfc719598d07674334de73d','019d34c42dfc760c8994940e82458cc8',0,'019d33b8c4b679b9aec9d28663ca828d',NULL,4,1,1,1250,5000,0,0,5000,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34d7694e756ca298bdb1c85f0d46','019d34d7694e7903bcaf4a5acfa6cf3e',0,'019d33c596ed707d91431193e6c3f339',NULL,2,2,0,2000,4000,0,0,4000,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34e43b857108bc11654988534206','019d34e43b857fc7849872c67c081bb7',0,'019d33b8c4b6700b84647159c324c985',NULL,3,0,0,1300,3900,0,0,3900,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34e43b8571588a57af35b9b81635','019d34e43b857fc7849872c67c081bb7',1,'019d33c596ed707d91431193e6c3f339',NULL,1,0,0,2000,2000,0,0,2000,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34f10dbc78d2947810d822a608bf','019d34f10dbc77d3a323ce54b7115c02',0,'019d33b8c4b679b9aec9d28663ca828d',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34f776d871d597450e6520012170','019d34f776d87d40a5b7501ac9c1ffef',0,'019d33b8c4b679b9aec9d28663ca828d',NULL,9,0,0,1250,11250,0,0,11250,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d34fddff373968cdece75921ebce6','019d34fddff37139a0c73494ed192da3',0,'019d33cc00097af9a19699cfe1988ad9',NULL,1,0,0,900,900,0,0,900,NULL,NULL,NULL,NULL);
INSERT INTO "order_lines" VALUES('019d351783e67ce5a0d6c766f6f62c28','019d351783e67e91af62e63a1a5356b5',0,'019d33b8c4b679b9aec9d28663ca828d',NULL,1,0,0,1250,1250,0,0,1250,NULL,NULL,NULL,NULL);
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
	cancel_reason VARCHAR(200), 
	CONSTRAINT pk_orders PRIMARY KEY (id), 
	CONSTRAINT fk_orders_contact_id FOREIGN KEY(contact_id) REFERENCES contacts (id), 
	CONSTRAINT fk_orders_reservation_id FOREIGN KEY(reservation_id) REFERENCES reservations (id), 
	CONSTRAINT fk_orders_ship_to_id FOREIGN KEY(ship_to_id) REFERENCES contacts (id)
);
INSERT INTO "orders" VALUES('019d34529f4975a693ea5c4ed8f33418','WEB-1000','open',0,0,'us',NULL,NULL,NULL,'["019d33ab-f280-7103-8386-bbc4cd613e30"]','EUR',6000,0,0,0,6000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 12:02:03.209856','2026-03-28 12:02:03.209856',NULL,NULL);
INSERT INTO "orders" VALUES('019d34b0f2aa78b5ad39eb43ad9cedde',NULL,'open',0,0,'us',NULL,NULL,'019d3492ba5c72ac91cbc2884a5012dc','null','EUR',3250,0,0,0,3250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 13:45:04.938240','2026-03-28 13:45:04.938240',NULL,NULL);
INSERT INTO "orders" VALUES('019d34b75bc57367b7c882f4202cc828',NULL,'shipped',0,0,'us','019d34b75bc57f07aacc110e4f73fd94','019d34b75bc5728abe6c6fe94c41d9c0',NULL,'null','EUR',3300,150,500,490,3642,2,1,'USD',3580,165,539,530,3945,'2026-04-02 10:00:00.000000','2026-03-28 13:52:05.061696','2026-03-28 13:59:05.185152',NULL,NULL);
INSERT INTO "orders" VALUES('019d34c42dfc760c8994940e82458cc8',NULL,'open',0,0,'us','019d34b75bc57f07aacc110e4f73fd94',NULL,NULL,'null','EUR',5000,0,0,0,5000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 14:06:05.308608','2026-03-28 14:20:05.555520',NULL,'one too many');
INSERT INTO "orders" VALUES('019d34d7694e7903bcaf4a5acfa6cf3e',NULL,'cancelled',0,0,'us',NULL,NULL,NULL,'null','EUR',4000,0,0,0,4000,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 14:27:05.678976','2026-03-28 14:34:05.802432','2026-03-28 14:34:05.802432','changed their mind');
INSERT INTO "orders" VALUES('019d34e43b857fc7849872c67c081bb7','stall, cash','open',1,0,'us',NULL,NULL,NULL,'null','EUR',5900,0,0,0,5900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 14:41:05.925888','2026-03-28 14:41:05.925888',NULL,NULL);
INSERT INTO "orders" VALUES('019d34f10dbc77d3a323ce54b7115c02',NULL,'open',0,1,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 14:55:06.172800','2026-03-28 14:55:06.172800',NULL,NULL);
INSERT INTO "orders" VALUES('019d34f776d87d40a5b7501ac9c1ffef',NULL,'open',0,0,'channel',NULL,NULL,NULL,'null','EUR',11250,0,0,0,11250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:02:06.296256','2026-03-28 15:02:06.296256',NULL,NULL);
INSERT INTO "orders" VALUES('019d34fddff37139a0c73494ed192da3',NULL,'open',0,0,'us','019d34fddff37f3c94ed204990e32e82','019d34fddff37e419d698c8b44480030',NULL,'null','EUR',900,0,0,0,900,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:09:06.419712','2026-03-28 15:09:06.419712',NULL,NULL);
INSERT INTO "orders" VALUES('019d351783e67e91af62e63a1a5356b5','WEB-1001','open',0,0,'us',NULL,NULL,NULL,'null','EUR',1250,0,0,0,1250,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-03-28 15:37:06.790080','2026-03-28 15:37:06.790080',NULL,NULL);
CREATE TABLE product_words (
	word VARCHAR(64) NOT NULL, 
	product_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_product_words PRIMARY KEY (word, product_id), 
	CONSTRAINT fk_product_words_product_id FOREIGN KEY(product_id) REFERENCES products (id)
)
 WITHOUT ROWID

;
INSERT INTO "product_words" VALUES('glaze','019d33cc00097f04825b413f8a9a021e');
INSERT INTO "product_words" VALUES('mug','019d33b8c4b67d5fa4b06ce60741c7a8');
INSERT INTO "product_words" VALUES('plate','019d33bf2dd273ab8d447e35b8b6d8fe');
INSERT INTO "product_words" VALUES('recipes','019d33cc00097f04825b413f8a9a021e');
INSERT INTO "product_words" VALUES('vase','019d35111aca7d349d775b7c69dd6493');
CREATE TABLE products (
	id CHAR(32) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, handle VARCHAR(500), description TEXT, images JSON DEFAULT '[]' NOT NULL, archived BOOLEAN DEFAULT 0 NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_products PRIMARY KEY (id)
);
INSERT INTO "products" VALUES('019d33b8c4b67d5fa4b06ce60741c7a8','Mug','2026-03-28 09:14:00.246912','2026-03-28 09:14:00.246912','mug',NULL,'[]',0,1);
INSERT INTO "products" VALUES('019d33bf2dd273ab8d447e35b8b6d8fe','Plate','2026-03-28 09:21:00.370368','2026-03-28 09:28:00.493824','plate',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d33cc00097f04825b413f8a9a021e','Glaze recipes','2026-03-28 09:35:00.617280','2026-03-28 15:16:06.543168','glaze recipes',NULL,'[]',0,2);
INSERT INTO "products" VALUES('019d35111aca7d349d775b7c69dd6493','Vase','2026-03-28 15:30:06.666624','2026-03-28 15:30:06.666624','vase',NULL,'[]',0,1);
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
INSERT INTO "reservation_lines" VALUES('019d348c51407c1083ba33db73f7ba8e','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "reservation_lines" VALUES('019d348c51407c1083ba33db73f7ba8e','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1);
INSERT INTO "reservation_lines" VALUES('019d3492ba5c72ac91cbc2884a5012dc','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d3492ba5c72ac91cbc2884a5012dc','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d349923777b3db467537a4b63e0ef','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d349923777b3db467537a4b63e0ef','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d349f8c937420b023580ccbd3f5e0','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',0);
INSERT INTO "reservation_lines" VALUES('019d349f8c937420b023580ccbd3f5e0','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',0);
CREATE TABLE reservations (
	id CHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reference VARCHAR(200), 
	expires_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_reservations PRIMARY KEY (id)
);
INSERT INTO "reservations" VALUES('019d348c51407c1083ba33db73f7ba8e','held','held','2026-04-27 13:05:04.320960','2026-03-28 13:05:04.320960');
INSERT INTO "reservations" VALUES('019d3492ba5c72ac91cbc2884a5012dc','used','used','2026-03-29 13:12:04.444416','2026-03-28 13:12:04.444416');
INSERT INTO "reservations" VALUES('019d349923777b3db467537a4b63e0ef','released','released','2026-03-29 13:19:04.567872','2026-03-28 13:19:04.567872');
INSERT INTO "reservations" VALUES('019d349f8c937420b023580ccbd3f5e0','lapsed','lapsed','2026-03-28 13:27:04.691328','2026-03-28 13:26:04.691328');
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
INSERT INTO "shipment_lines" VALUES('019d34bdc4e1791fa69bae29f652d008','019d34bdc4e1737b91c51f86973082d6','019d34b75bc574e48c250a03e023033d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2);
INSERT INTO "shipment_lines" VALUES('019d34bdc4e17d3cabe88b4675fa6dd8','019d34bdc4e1737b91c51f86973082d6','019d34b75bc5713b9bc799b0121b2800','019d33cc00097af9a19699cfe1988ad9',NULL,1);
INSERT INTO "shipment_lines" VALUES('019d34ca971877fe810d2e304bcb6b22','019d34ca9718763eaa7c314bf01dbf29','019d34c42dfc719598d07674334de73d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1);
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
INSERT INTO "shipments" VALUES('019d34bdc4e1737b91c51f86973082d6','019d34b75bc57367b7c882f4202cc828','DHL','00340434161094042557','https://example.org/00340434161094042557','2026-03-28 13:59:05.185152');
INSERT INTO "shipments" VALUES('019d34ca9718763eaa7c314bf01dbf29','019d34c42dfc760c8994940e82458cc8',NULL,NULL,NULL,'2026-03-28 14:13:05.432064');
CREATE TABLE sku_aliases (
	code_key VARCHAR(200) NOT NULL, 
	code VARCHAR(200) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_sku_aliases PRIMARY KEY (code_key), 
	CONSTRAINT fk_sku_aliases_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);
INSERT INTO "sku_aliases" VALUES('pdf','PDF','019d33cc00097af9a19699cfe1988ad9','2026-03-28 15:16:06.543168');
CREATE TABLE sku_words (
	word VARCHAR(64) NOT NULL, 
	sku_id CHAR(32) NOT NULL, 
	CONSTRAINT pk_sku_words PRIMARY KEY (word, sku_id), 
	CONSTRAINT fk_sku_words_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
)
 WITHOUT ROWID

;
INSERT INTO "sku_words" VALUES('2','019d33b8c4b6700b84647159c324c985');
INSERT INTO "sku_words" VALUES('becher','019d33b8c4b6700b84647159c324c985');
INSERT INTO "sku_words" VALUES('bechergrun2','019d33b8c4b6700b84647159c324c985');
INSERT INTO "sku_words" VALUES('blue','019d33b8c4b679b9aec9d28663ca828d');
INSERT INTO "sku_words" VALUES('grun','019d33b8c4b6700b84647159c324c985');
INSERT INTO "sku_words" VALUES('mug','019d33b8c4b679b9aec9d28663ca828d');
INSERT INTO "sku_words" VALUES('mugblue','019d33b8c4b679b9aec9d28663ca828d');
INSERT INTO "sku_words" VALUES('pdf','019d33cc00097af9a19699cfe1988ad9');
INSERT INTO "sku_words" VALUES('plate','019d33c596ed707d91431193e6c3f339');
INSERT INTO "sku_words" VALUES('recipes','019d33cc00097af9a19699cfe1988ad9');
INSERT INTO "sku_words" VALUES('tall','019d35111aca70a38a357568e2934bf1');
INSERT INTO "sku_words" VALUES('vase','019d35111aca70a38a357568e2934bf1');
INSERT INTO "sku_words" VALUES('vasetall','019d35111aca70a38a357568e2934bf1');
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
INSERT INTO "skus" VALUES('019d33b8c4b679b9aec9d28663ca828d','019d33b8c4b67d5fa4b06ce60741c7a8','MUG-BLUE','mug-blue',1250,'EUR',310,'EUR',1,2,'2026-03-28 09:14:00.246912','2026-03-28 09:14:00.246912','eulbgum',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d33b8c4b6700b84647159c324c985','019d33b8c4b67d5fa4b06ce60741c7a8','Becher grün #2','becher grün #2',1300,'EUR',NULL,NULL,1,0,'2026-03-28 09:14:00.246912','2026-03-28 09:14:00.246912','2nurgrehceb',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d33c596ed707d91431193e6c3f339','019d33bf2dd273ab8d447e35b8b6d8fe','PLATE','plate',2000,'EUR',700,'EUR',1,0,'2026-03-28 09:28:00.493824','2026-03-28 09:28:00.493824','etalp',NULL,'{}',0,1,NULL,NULL);
INSERT INTO "skus" VALUES('019d33cc00097af9a19699cfe1988ad9','019d33cc00097f04825b413f8a9a021e','RECIPES','recipes',900,'EUR',NULL,NULL,0,0,'2026-03-28 09:35:00.617280','2026-03-28 15:16:06.543168','sepicer',NULL,'{}',0,2,NULL,NULL);
INSERT INTO "skus" VALUES('019d35111aca70a38a357568e2934bf1','019d35111aca7d349d775b7c69dd6493','VASE-TALL','vase-tall',4200,'EUR',1150,'EUR',1,0,'2026-03-28 15:30:06.666624','2026-03-28 15:30:06.666624','llatesav',NULL,'{}',0,1,NULL,NULL);
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
INSERT INTO "stock_count_lines" VALUES('019d345908657e2fb463b337d20b5d59','019d33c596ed707d91431193e6c3f339',38,40);
INSERT INTO "stock_count_lines" VALUES('019d345f7180734a8fb5262cc7038069','019d33b8c4b679b9aec9d28663ca828d',50,47);
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
INSERT INTO "stock_counts" VALUES('019d345908657e2fb463b337d20b5d59','019d33abf28071038386bbc4cd613e30',NULL,'token:owner','2026-03-28 11:55:03.086400','2026-03-28 12:09:03.333312');
INSERT INTO "stock_counts" VALUES('019d345f7180734a8fb5262cc7038069','019d33abf28071038386bbc4cd613e30','spring','token:owner','2026-03-28 12:16:03.456768','2026-03-28 12:16:03.456768');
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
INSERT INTO "stock_levels" VALUES('019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',28,0,2,5,5,4,'2026-03-28 15:37:06.790080');
INSERT INTO "stock_levels" VALUES('019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',23,0,1,5,0,0,'2026-03-28 14:41:05.925888');
INSERT INTO "stock_levels" VALUES('019d33c596ed707d91431193e6c3f339','019d33b25b9b7c9da12e7696a6cecc1b',7,0,0,0,0,0,'2026-03-28 12:44:03.950592');
INSERT INTO "stock_levels" VALUES('019d33b8c4b6700b84647159c324c985','019d33abf28071038386bbc4cd613e30',0,0,0,1,0,0,'2026-03-28 14:48:06.049344');
INSERT INTO "stock_levels" VALUES('019d35111aca70a38a357568e2934bf1','019d33abf28071038386bbc4cd613e30',3,0,0,0,0,0,'2026-03-28 15:30:06.666624');
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
INSERT INTO "stock_movements" VALUES('019d33d269247870876f3787b9d179e0','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 09:42:00.740736');
INSERT INTO "stock_movements" VALUES('019d33d8d24078d9beed8d14f06d3fef','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',40,'supplier','available','supplier to available','PO-1','token:owner',NULL,NULL,'2026-03-27 15:00:00.000000','2026-03-28 09:49:00.864192');
INSERT INTO "stock_movements" VALUES('019d33df3b5b7c2cb80208a9ad45f23d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',6,'supplier','quality_control','supplier to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 09:56:00.987648','2026-03-28 09:56:00.987648');
INSERT INTO "stock_movements" VALUES('019d33e5a47776a885805975ed2f89d9','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'adjustment','available','adjustment to available',NULL,'token:owner',NULL,NULL,'2026-03-28 10:03:01.111104','2026-03-28 10:03:01.111104');
INSERT INTO "stock_movements" VALUES('019d33ec0d92719aa46d6753ec148cb4','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'adjustment','damaged','adjustment to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 10:10:01.234560','2026-03-28 10:10:01.234560');
INSERT INTO "stock_movements" VALUES('019d33f276ae74bf9c2574bdb94067ed','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','adjustment','available to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 10:17:01.358016','2026-03-28 10:17:01.358016');
INSERT INTO "stock_movements" VALUES('019d33f8dfc97f92b8b333a8e5446dd4','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 10:24:01.481472','2026-03-28 10:24:01.481472');
INSERT INTO "stock_movements" VALUES('019d33ff48e4781dac0f3459f79b17ae','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','supplier','available to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 10:31:01.604928','2026-03-28 10:31:01.604928');
INSERT INTO "stock_movements" VALUES('019d3405b20074898da98f1d3099fdf5','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'customer','adjustment','customer to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 10:38:01.728384','2026-03-28 10:38:01.728384');
INSERT INTO "stock_movements" VALUES('019d340c1b1b7f0f98a064df7fd63116','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'customer','available','customer to available',NULL,'token:owner',NULL,NULL,'2026-03-28 10:45:01.851840','2026-03-28 10:45:01.851840');
INSERT INTO "stock_movements" VALUES('019d3412843777ac88d6af57da711448','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'customer','damaged','customer to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 10:52:01.975296','2026-03-28 10:52:01.975296');
INSERT INTO "stock_movements" VALUES('019d3418ed527aa1aa107b75677f6cbd','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'customer','quality_control','customer to quality_control',NULL,'token:owner',NULL,NULL,'2026-03-28 10:59:02.098752','2026-03-28 10:59:02.098752');
INSERT INTO "stock_movements" VALUES('019d341f566e7c6ab3fa7aa7e1fab9d7','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:06:02.222208','2026-03-28 11:06:02.222208');
INSERT INTO "stock_movements" VALUES('019d3425bf897a9db05fca161622bd79','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'damaged','adjustment','damaged to adjustment',NULL,'token:owner',NULL,NULL,'2026-03-28 11:13:02.345664','2026-03-28 11:13:02.345664');
INSERT INTO "stock_movements" VALUES('019d342c28a57d72855c384429e821a4','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:20:02.469120','2026-03-28 11:20:02.469120');
INSERT INTO "stock_movements" VALUES('019d343291c0778087923986bb968a43','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'damaged','available','damaged to available',NULL,'token:owner',NULL,NULL,'2026-03-28 11:27:02.592576','2026-03-28 11:27:02.592576');
INSERT INTO "stock_movements" VALUES('019d3438fadc79d7bbb230bbd92a4aa2','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','damaged','available to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:34:02.716032','2026-03-28 11:34:02.716032');
INSERT INTO "stock_movements" VALUES('019d343f63f772b0ab9c014ea5ac06d8','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'damaged','supplier','damaged to supplier',NULL,'token:owner',NULL,NULL,'2026-03-28 11:41:02.839488','2026-03-28 11:41:02.839488');
INSERT INTO "stock_movements" VALUES('019d3445cd1273338541013d0326324d','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'quality_control','available','quality_control to available',NULL,'token:owner',NULL,NULL,'2026-03-28 11:48:02.962944','2026-03-28 11:48:02.962944');
INSERT INTO "stock_movements" VALUES('019d344c362e7678bb6fe5078c5fe8f8','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'quality_control','damaged','quality_control to damaged',NULL,'token:owner',NULL,NULL,'2026-03-28 11:55:03.086400','2026-03-28 11:55:03.086400');
INSERT INTO "stock_movements" VALUES('019d34529f497016bab9f87ff5059285','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',3,'available','committed','ordered',NULL,'token:owner','order','019d34529f4975a693ea5c4ed8f33418','2026-03-28 12:02:03.209856','2026-03-28 12:02:03.209856');
INSERT INTO "stock_movements" VALUES('019d345908657832bd91a1b7f03edca7','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',2,'available','adjustment','stocktake',NULL,'token:owner','count','019d345908657e2fb463b337d20b5d59','2026-03-28 11:55:03.086400','2026-03-28 12:09:03.333312');
INSERT INTO "stock_movements" VALUES('019d345f718070e7b320cd576d14475b','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','stocktake','spring','token:owner','count','019d345f7180734a8fb5262cc7038069','2026-03-28 12:16:03.456768','2026-03-28 12:16:03.456768');
INSERT INTO "stock_movements" VALUES('019d3465da9c769e81355c53f0e642f4','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',5,'available','transit','sent',NULL,'token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:23:03.580224','2026-03-28 12:23:03.580224');
INSERT INTO "stock_movements" VALUES('019d346c43b77005989890086a17b9af','019d33c596ed707d91431193e6c3f339','019d33b25b9b7c9da12e7696a6cecc1b',5,'transit','available','received',NULL,'token:owner','transfer','019d3465da9c73328ded3c9691eb79fa','2026-03-28 12:30:03.703680','2026-03-28 12:30:03.703680');
INSERT INTO "stock_movements" VALUES('019d3472acd3707299901c0475491bc3','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',4,'available','transit','sent',NULL,'token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:37:03.827136','2026-03-28 12:37:03.827136');
INSERT INTO "stock_movements" VALUES('019d347915ee795a8cfe5cd12d5db79b','019d33c596ed707d91431193e6c3f339','019d33b25b9b7c9da12e7696a6cecc1b',2,'transit','available','received',NULL,'token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:44:03.950592','2026-03-28 12:44:03.950592');
INSERT INTO "stock_movements" VALUES('019d347f7f0a7cc28d103ed3cc667e97','019d33c596ed707d91431193e6c3f339','019d33b25b9b7c9da12e7696a6cecc1b',2,'transit','adjustment','lost',NULL,'token:owner','transfer','019d3472acd3754e9cc9af4ec9546b43','2026-03-28 12:51:04.074048','2026-03-28 12:51:04.074048');
INSERT INTO "stock_movements" VALUES('019d3485e8257122ac512b01f18dd1ee','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',3,'available','transit','sent',NULL,'token:owner','transfer','019d3485e8257d74884f3dd6415af341','2026-03-28 12:58:04.197504','2026-03-28 12:58:04.197504');
INSERT INTO "stock_movements" VALUES('019d348c514073fd87fc816ac16e2284','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d348c51407c1083ba33db73f7ba8e','2026-03-28 13:05:04.320960','2026-03-28 13:05:04.320960');
INSERT INTO "stock_movements" VALUES('019d348c51407cc09c07724e44c5b476','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d348c51407c1083ba33db73f7ba8e','2026-03-28 13:05:04.320960','2026-03-28 13:05:04.320960');
INSERT INTO "stock_movements" VALUES('019d3492ba5c78718155d7ef28dd37eb','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d3492ba5c72ac91cbc2884a5012dc','2026-03-28 13:12:04.444416','2026-03-28 13:12:04.444416');
INSERT INTO "stock_movements" VALUES('019d3492ba5c7a80ab0b8c12f3b37f32','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d3492ba5c72ac91cbc2884a5012dc','2026-03-28 13:12:04.444416','2026-03-28 13:12:04.444416');
INSERT INTO "stock_movements" VALUES('019d349923777795bf1a355e526eb523','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:19:04.567872','2026-03-28 13:19:04.567872');
INSERT INTO "stock_movements" VALUES('019d3499237774fc860cea631d3b993f','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:19:04.567872','2026-03-28 13:19:04.567872');
INSERT INTO "stock_movements" VALUES('019d349f8c937e6580e2a20a1bd7ce73','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','reserved','held',NULL,'token:owner','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:26:04.691328','2026-03-28 13:26:04.691328');
INSERT INTO "stock_movements" VALUES('019d349f8c937fa28296f5eabaeb41a5','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'available','reserved','held',NULL,'token:owner','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:26:04.691328','2026-03-28 13:26:04.691328');
INSERT INTO "stock_movements" VALUES('019d34a5f5ae7f9b912982e46e80fa48','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'reserved','available','released',NULL,'token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:33:04.814784','2026-03-28 13:33:04.814784');
INSERT INTO "stock_movements" VALUES('019d34a5f5ae7048b9b21c95055455e8','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'reserved','available','released',NULL,'token:owner','reservation','019d349923777b3db467537a4b63e0ef','2026-03-28 13:33:04.814784','2026-03-28 13:33:04.814784');
INSERT INTO "stock_movements" VALUES('019d34aa898e7090a57e845465b675cd','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:38:04.814784','2026-03-28 13:38:04.814784');
INSERT INTO "stock_movements" VALUES('019d34aa898e7293b5bb9188b80599e9','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'reserved','available','lapsed',NULL,'housekeeping','reservation','019d349f8c937420b023580ccbd3f5e0','2026-03-28 13:38:04.814784','2026-03-28 13:38:04.814784');
INSERT INTO "stock_movements" VALUES('019d34b0f2aa7acda518093d07dbf924','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240','2026-03-28 13:45:04.938240');
INSERT INTO "stock_movements" VALUES('019d34b0f2aa75238daaac43936aa40c','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'reserved','available','hold_left_over',NULL,'token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240','2026-03-28 13:45:04.938240');
INSERT INTO "stock_movements" VALUES('019d34b0f2aa76d2a185cc8ea8ea37f7','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'reserved','committed','ordered',NULL,'token:owner','order','019d34b0f2aa78b5ad39eb43ad9cedde','2026-03-28 13:45:04.938240','2026-03-28 13:45:04.938240');
INSERT INTO "stock_movements" VALUES('019d34b75bc578f8822bc32021615022','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d34b75bc57367b7c882f4202cc828','2026-03-28 13:52:05.061696','2026-03-28 13:52:05.061696');
INSERT INTO "stock_movements" VALUES('019d34bdc4e17f979eb0e066de26e655','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',2,'committed','customer','shipped',NULL,'token:owner','shipment','019d34bdc4e1737b91c51f86973082d6','2026-03-28 13:59:05.185152','2026-03-28 13:59:05.185152');
INSERT INTO "stock_movements" VALUES('019d34c42dfc7975aed5d1bfe585552f','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',4,'available','committed','ordered',NULL,'token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:06:05.308608','2026-03-28 14:06:05.308608');
INSERT INTO "stock_movements" VALUES('019d34ca971879c99349da4804673b75','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'committed','customer','shipped',NULL,'token:owner','shipment','019d34ca9718763eaa7c314bf01dbf29','2026-03-28 14:13:05.432064','2026-03-28 14:13:05.432064');
INSERT INTO "stock_movements" VALUES('019d34d10033728084a1bde44806aa81','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'committed','available','cancelled',NULL,'token:owner','order','019d34c42dfc760c8994940e82458cc8','2026-03-28 14:20:05.555520','2026-03-28 14:20:05.555520');
INSERT INTO "stock_movements" VALUES('019d34d7694e7d6498ae013eaca91679','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',2,'available','committed','ordered',NULL,'token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:27:05.678976','2026-03-28 14:27:05.678976');
INSERT INTO "stock_movements" VALUES('019d34ddd26a7e1faa190b2a58068a9d','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',2,'committed','available','cancelled',NULL,'token:owner','order','019d34d7694e7903bcaf4a5acfa6cf3e','2026-03-28 14:34:05.802432','2026-03-28 14:34:05.802432');
INSERT INTO "stock_movements" VALUES('019d34e43b85755382557035449c4ca2','019d33c596ed707d91431193e6c3f339','019d33abf28071038386bbc4cd613e30',1,'available','committed','sold',NULL,'token:owner','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:41:05.925888','2026-03-28 14:41:05.925888');
INSERT INTO "stock_movements" VALUES('019d34eaa4a175699e3c536c415ac400','019d33b8c4b6700b84647159c324c985','019d33abf28071038386bbc4cd613e30',1,'supplier','available','supplier to available',NULL,'token:owner',NULL,NULL,'2026-03-28 14:48:06.049344','2026-03-28 14:48:06.049344');
INSERT INTO "stock_movements" VALUES('019d34eaa4a17f1b9e0f39a73c35612e','019d33b8c4b6700b84647159c324c985','019d33abf28071038386bbc4cd613e30',1,'available','committed','short_filled',NULL,'store','order','019d34e43b857fc7849872c67c081bb7','2026-03-28 14:48:06.049344','2026-03-28 14:48:06.049344');
INSERT INTO "stock_movements" VALUES('019d34f10dbc7129a816de060a04ef48','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d34f10dbc77d3a323ce54b7115c02','2026-03-28 14:55:06.172800','2026-03-28 14:55:06.172800');
INSERT INTO "stock_movements" VALUES('019d35111aca7c90bd589cab301ba988','019d35111aca70a38a357568e2934bf1','019d33abf28071038386bbc4cd613e30',3,'adjustment','available','opening_stock',NULL,'token:owner','import','019d35111aca717483b96d91aba018ea','2026-03-28 15:30:06.666624','2026-03-28 15:30:06.666624');
INSERT INTO "stock_movements" VALUES('019d351783e678cd8b452123d17f6494','019d33b8c4b679b9aec9d28663ca828d','019d33abf28071038386bbc4cd613e30',1,'available','committed','ordered',NULL,'token:owner','order','019d351783e67e91af62e63a1a5356b5','2026-03-28 15:37:06.790080','2026-03-28 15:37:06.790080');
CREATE TABLE store (
	id INTEGER NOT NULL, 
	instance_id CHAR(32) NOT NULL, 
	epoch INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	created_at DATETIME NOT NULL, 
	probed_at DATETIME, name VARCHAR(200) DEFAULT 'My store' NOT NULL, time_zone VARCHAR(64) DEFAULT 'UTC' NOT NULL, default_policy VARCHAR(16) DEFAULT 'strict' NOT NULL, on_hand_edit VARCHAR(16) DEFAULT 'ask' NOT NULL, deliveries_days INTEGER DEFAULT '30' NOT NULL, writes_days INTEGER DEFAULT '400' NOT NULL, events_days INTEGER DEFAULT '90' NOT NULL, answers_days INTEGER DEFAULT '7' NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_store PRIMARY KEY (id), 
	CONSTRAINT ck_store_one_row CHECK (id = 1)
);
INSERT INTO "store" VALUES(1,'019d33abf2807d8e91b7584a2265b1f5',1,'EUR','2026-03-28 09:00:00.000000',NULL,'My store','UTC','strict','ask',30,400,90,7,1);
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
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/imports','the-shelf','8c48125452daa592e5f508d6f00e22ca2b5563578f982d5c2b51fffd921c3016',202,X'7B226964223A2230313964333531312D316163612D373137342D383362392D366439316162613031386561222C22737461747573223A2277616974696E67222C226E616D65223A227368656C662E637376222C22666F726D6174223A6E756C6C2C226C6F636174696F6E223A2253545544494F222C2273697A655F6279746573223A39322C226C696E6573223A6E756C6C2C226C696E65223A302C22726F7773223A302C226261645F726F7773223A302C2270726F64756374735F63726561746564223A302C2270726F64756374735F6368616E676564223A302C22736B75735F63726561746564223A302C22736B75735F6368616E676564223A302C22736B75735F756E6368616E676564223A302C22756E697473223A302C226572726F7273223A302C22726561736F6E223A6E756C6C2C22637265617465645F6174223A22323032362D30332D32385431353A33303A30362E3636363632345A222C22757064617465645F6174223A22323032362D30332D32385431353A33303A30362E3636363632345A222C2266696E69736865645F6174223A6E756C6C7D','2026-03-28 15:30:06.666624');
INSERT INTO "stored_answers" VALUES('019d33abf28077ec9e2feb89414c343c','POST /v1/orders','the-web-shops-first-order','4536d999e0eb802abac984308becf38378c2afe011e022b2746d332c13914ea6',201,X'7B226964223A2230313964333531372D383365362D376539312D616636322D653633613161353335366235222C227265666572656E6365223A225745422D31303031222C22737461747573223A226F70656E222C22736F6C64223A66616C73652C2274657374223A66616C73652C2266756C66696C6C65645F6279223A227573222C22636F6E746163745F6964223A6E756C6C2C22736869705F746F5F6964223A6E756C6C2C227265736572766174696F6E5F6964223A6E756C6C2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C227368697070696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22726F756E64696E67223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C227072696365735F696E636C7564655F746178223A66616C73652C2270726573656E746D656E74223A6E756C6C2C22736869705F6279223A6E756C6C2C22706C616365645F6174223A22323032362D30332D32385431353A33373A30362E3739303038305A222C22757064617465645F6174223A22323032362D30332D32385431353A33373A30362E3739303038305A222C2263616E63656C6C65645F6174223A6E756C6C2C2263616E63656C5F726561736F6E223A6E756C6C2C226C696E6573223A5B7B226964223A2230313964333531372D383365362D376365352D613064362D633736366636663632633238222C22736B75223A224D55472D424C5545222C22736B755F6964223A2230313964333362382D633462362D373962392D616563392D643238363633636138323864222C227469746C65223A6E756C6C2C227175616E74697479223A312C2263616E63656C6C6564223A302C2273686970706564223A302C22636F6D6D6974746564223A312C2273686F7274223A302C22756E69745F7072696365223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2267726F7373223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C22646973636F756E74223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746178223A7B22616D6F756E74223A302C2263757272656E6379223A22455552227D2C22746F74616C223A7B22616D6F756E74223A313235302C2263757272656E6379223A22455552227D2C2270726573656E746D656E74223A6E756C6C2C22636F6D6D69746D656E7473223A5B7B226C6F636174696F6E223A2253545544494F222C227175616E74697479223A312C2273686970706564223A302C22756E69745F636F7374223A7B22616D6F756E74223A3331302C2263757272656E6379223A22455552227D7D5D7D5D7D','2026-03-28 15:37:06.790080');
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
INSERT INTO "tokens" VALUES('019d35111aca76be96380ed6fcf7f49d','web shop','write','8dc3239a67cde62f8a36ceba09f210f7c20f594aba42ca22f8ae44bcf07357e3','2026-03-28 15:30:06.666624',NULL,NULL,NULL);
INSERT INTO "tokens" VALUES('019d35111aca77349d95389b297a21d7','old','read','d8e01d888ce1a960dd6b660574130f0863485c5524d073a150af0cc115f2730d','2026-03-28 15:30:06.666624','2026-03-29 15:30:06.666624',NULL,NULL);
INSERT INTO "tokens" VALUES('019d35111aca73deae4ecf4b2ad9a40a','lost','admin','f216757c09affeb0f919430f6fadfb6c30fd9ced6813b4b662e3f2d95b229078','2026-03-28 15:30:06.666624',NULL,'2026-03-28 15:30:06.666624',NULL);
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
INSERT INTO "transfer_lines" VALUES('019d3465da9c73328ded3c9691eb79fa','019d33c596ed707d91431193e6c3f339',5,5,0);
INSERT INTO "transfer_lines" VALUES('019d3472acd3754e9cc9af4ec9546b43','019d33c596ed707d91431193e6c3f339',4,2,2);
INSERT INTO "transfer_lines" VALUES('019d3485e8257d74884f3dd6415af341','019d33b8c4b679b9aec9d28663ca828d',3,0,0);
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
INSERT INTO "transfers" VALUES('019d3465da9c73328ded3c9691eb79fa','019d33abf28071038386bbc4cd613e30','019d33b25b9b7c9da12e7696a6cecc1b',NULL,'2026-03-28 12:23:03.580224');
INSERT INTO "transfers" VALUES('019d3472acd3754e9cc9af4ec9546b43','019d33abf28071038386bbc4cd613e30','019d33b25b9b7c9da12e7696a6cecc1b',NULL,'2026-03-28 12:37:03.827136');
INSERT INTO "transfers" VALUES('019d3485e8257d74884f3dd6415af341','019d33abf28071038386bbc4cd613e30','019d33b25b9b7c9da12e7696a6cecc1b',NULL,'2026-03-28 12:58:04.197504');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',94);
COMMIT;
