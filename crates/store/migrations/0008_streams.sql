-- The streams of tickets and of money, how far a stream was read by its changes, and whose children were read.

-- Up to which instant of the PSA's clock every change was read; null where a stream is only read whole.
ALTER TABLE stream_state ADD COLUMN read_up_to BIGINT;
-- Whether the PSA honours a filter by change for this stream, and when it was found out.
ALTER TABLE stream_state ADD COLUMN filter_works BOOLEAN;
ALTER TABLE stream_state ADD COLUMN filter_tried_at BIGINT;

-- What a parent's record was when its children were last read: it is read again when that differs.
CREATE TABLE child_read (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    parent {text} NOT NULL,
    parent_sha256 {bytes} NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream, parent)
);

CREATE TABLE ticket_status (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    area {text},
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE ticket_type (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    usage {text},
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE priority (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    sla {text},
    number {text},
    is_inactive BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE category (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    tree {text},
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE workflow (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    is_inactive BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE ticket (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    title {text},
    client {text},
    site {text},
    contact {text},
    agent {text},
    team_name {text},
    status {text},
    ticket_type {text},
    sla {text},
    priority_number {text},
    opened_at BIGINT,
    remote_updated_at BIGINT,
    closed_at BIGINT,
    is_closed BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE ticket_action (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    ticket {text} NOT NULL,
    outcome {text},
    author {text},
    at BIGINT,
    is_private BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE opportunity (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    title {text},
    client {text},
    status {text},
    ticket_type {text},
    value {text},
    target_on {text},
    remote_updated_at BIGINT,
    is_closed BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE project (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    title {text},
    client {text},
    status {text},
    ticket_type {text},
    parent {text},
    starts_on {text},
    target_on {text},
    remote_updated_at BIGINT,
    is_closed BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE contract (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    reference {text},
    client {text},
    starts_on {text},
    ends_on {text},
    is_inactive BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE invoice (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    number {text},
    client {text},
    issued_on {text},
    due_on {text},
    is_recurring BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

-- wall
