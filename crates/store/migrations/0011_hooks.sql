-- Webhooks: what was registered at the PSA for a connection, what it told, and what is to be read because of it.

CREATE TABLE webhook (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    -- The random part of the address that the PSA calls.
    address {uuid} NOT NULL,
    -- Where this program is reached from the PSA.
    base_url {text} NOT NULL,
    -- Sealed. The one before counts until the given instant, and without end while the PSA was not told the newer one.
    secret {bytes} NOT NULL,
    secret_before {bytes},
    before_until BIGINT,
    -- What the PSA calls it.
    remote_id {text},
    is_wanted BOOLEAN NOT NULL,
    author {json} NOT NULL,
    asked_at BIGINT NOT NULL,
    registered_at BIGINT,
    heard_at BIGINT,
    checked_at BIGINT,
    problem {text},
    problem_text {text},
    problem_at BIGINT,
    -- How often what it told was taken to be read, and when last.
    takings BIGINT NOT NULL,
    taken_at BIGINT,
    PRIMARY KEY (tenant_id, connection_id)
);

-- Deliveries of the last day by hash, so that one that comes twice is known.
CREATE TABLE webhook_delivery (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    sha256 {bytes} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, sha256)
);
CREATE INDEX webhook_delivery_at ON webhook_delivery (tenant_id, connection_id, at);

-- Records to be read again; an empty remote id is the stream itself.
CREATE TABLE webhook_poke (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    remote_id {text} NOT NULL,
    at BIGINT NOT NULL,
    -- The taking that reads it now.
    taking BIGINT,
    PRIMARY KEY (tenant_id, connection_id, stream, remote_id)
);

-- wall
