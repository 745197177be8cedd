-- What a person must release before it is believed, and the receipts of what was compared.

-- How much the held scan would have taken away, and since when the stream is held.
ALTER TABLE stream_state ADD COLUMN held_number BIGINT;
ALTER TABLE stream_state ADD COLUMN held_since BIGINT;
-- What a person let the next scan conclude; it counts for one scan.
ALTER TABLE stream_state ADD COLUMN release_code {text};
ALTER TABLE stream_state ADD COLUMN release_number BIGINT;
ALTER TABLE stream_state ADD COLUMN release_by {json};
ALTER TABLE stream_state ADD COLUMN release_at BIGINT;

-- Rows of an open scan that would take values away; judged at its end. The body stands last.
CREATE TABLE withheld_row (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    remote_id {text} NOT NULL,
    generation BIGINT NOT NULL,
    pass BIGINT NOT NULL,
    lost {json} NOT NULL,
    body {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream, remote_id)
);

-- What a scan or a comparison found, signed; `before` is the code of the receipt before it.
CREATE TABLE receipt (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind {text} NOT NULL,
    told {json} NOT NULL,
    before {bytes} NOT NULL,
    key_id BIGINT NOT NULL,
    mac {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream, seq)
);

-- The end of each stream's chain, and the oldest receipt that is kept.
CREATE TABLE receipt_head (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    mac {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream)
);

-- wall
