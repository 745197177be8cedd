-- What is to be written to the PSA: what was switched on, plans, and the outbox of single writes.

-- Off where there is no row.
CREATE TABLE write_switch (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    feature {text} NOT NULL,
    mode {text} NOT NULL,
    author {json} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, feature)
);

-- A plan that takes another back names it.
CREATE TABLE write_plan (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    feature {text} NOT NULL,
    undo_of {uuid},
    is_rehearsal BOOLEAN NOT NULL,
    author {json} NOT NULL,
    at BIGINT NOT NULL,
    approver {json},
    approved_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX write_plan_at ON write_plan (tenant_id, connection_id, at);

-- One record's write. `fields` holds each field with its value before and the one wanted.
CREATE TABLE outbox (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    plan_id {uuid} NOT NULL,
    place BIGINT NOT NULL,
    stream {text} NOT NULL,
    remote_id {text} NOT NULL,
    label {text} NOT NULL,
    client {text},
    state {text} NOT NULL,
    fields {json} NOT NULL,
    attempts BIGINT NOT NULL,
    queued_at BIGINT,
    settled_at BIGINT,
    code {text},
    problem {text},
    PRIMARY KEY (tenant_id, plan_id, place)
);
CREATE INDEX outbox_state ON outbox (tenant_id, connection_id, state);
CREATE INDEX outbox_record ON outbox (tenant_id, connection_id, stream, remote_id);

-- wall
