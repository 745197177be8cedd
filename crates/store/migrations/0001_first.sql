-- The first shape. Every key begins with the tenant, so that the schema can be distributed by it.
--
-- Tokens: {text} sorts by bytes on both engines; {json} is JSON kept as text; {uuid} and {bytes}
-- are what they say. Instants are milliseconds UTC.

CREATE TABLE tenant (
    tenant_id BIGINT NOT NULL PRIMARY KEY,
    slug {text} NOT NULL,
    name {text} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenant_slug ON tenant (slug);

CREATE TABLE tenant_key (
    tenant_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    wrapped {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE tenant_user (
    tenant_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    email {text} NOT NULL,
    password_hash {text} NOT NULL,
    role {text} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX tenant_user_email ON tenant_user (tenant_id, email);

CREATE TABLE connection (
    tenant_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    base_url {text} NOT NULL,
    auth_url {text},
    psa_tenant {text},
    oauth_client_id {text} NOT NULL,
    client_secret {bytes} NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX connection_active ON connection (tenant_id) WHERE is_active;

CREATE TABLE stream_state (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    generation BIGINT NOT NULL,
    scan_generation BIGINT,
    scan_state {json},
    last_scan_at BIGINT,
    live BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    bad BIGINT NOT NULL,
    held_code {text},
    held_text {text},
    mapper_version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream)
);

CREATE TABLE seen_chunk (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    generation BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    ids {text} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream, generation, seq)
);

-- The body stands last: SQLite then finds the small columns without walking its overflow pages.
CREATE TABLE record (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    remote_id {text} NOT NULL,
    first_seen_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT,
    removed_generation BIGINT,
    sha256 {bytes} NOT NULL,
    problem {text},
    body {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, stream, remote_id)
);

CREATE TABLE client_type (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE client (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    client_type {text},
    website {text},
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE site (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    client {text},
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE contact (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    email {text},
    client {text},
    site {text},
    is_service_account BOOLEAN NOT NULL,
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE agent (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    email {text},
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE team (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE asset_type (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    group_name {text},
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    field_definitions {json} NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE asset_status (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    name {text} NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE asset (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    deleted_at BIGINT,
    mapper_version BIGINT NOT NULL,
    tag {text},
    client {text},
    site {text},
    asset_type {text},
    asset_type_name {text},
    status {text},
    is_inactive BOOLEAN NOT NULL,
    is_placeholder BOOLEAN NOT NULL,
    facts {json},
    field_values {json} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);

CREATE TABLE lease (
    tenant_id BIGINT NOT NULL,
    name {text} NOT NULL,
    owner {text} NOT NULL,
    token BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE job (
    tenant_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    key {text} NOT NULL,
    schedule {text},
    args {json} NOT NULL,
    state {text} NOT NULL,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    lease_owner {text},
    lease_until BIGINT,
    last_error {text},
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
-- The same work waits or runs once; a schedule has one job at a time.
CREATE UNIQUE INDEX job_key ON job (tenant_id, kind, key) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX job_schedule ON job (tenant_id, schedule) WHERE state IN ('queued', 'running');
-- What claiming reads; ended jobs are not in it, so it stays small.
CREATE INDEX job_due ON job (run_at) WHERE state IN ('queued', 'running');

CREATE TABLE schedule (
    tenant_id BIGINT NOT NULL,
    name {text} NOT NULL,
    kind {text} NOT NULL,
    args {json} NOT NULL,
    every_ms BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE run (
    tenant_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    kind {text} NOT NULL,
    connection_id BIGINT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome {text},
    status {json},
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE audit (
    tenant_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    subject {text} NOT NULL,
    detail {json} NOT NULL,
    key_id BIGINT NOT NULL,
    mac {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- The end of the chain; without it, cutting off the last entries would go unseen.
CREATE TABLE audit_head (
    tenant_id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    key_id BIGINT NOT NULL,
    mac {bytes} NOT NULL
);

-- pg-only
-- Tenants' work runs as almanac_app and sees the rows of the tenant that its transaction named.
DO $$
DECLARE
    name text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO almanac_app', current_schema());
    FOR name IN
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name = 'tenant_id' ORDER BY table_name
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I TO almanac_app USING (tenant_id = %s) WITH CHECK (tenant_id = %s)',
            name,
            '(SELECT nullif(current_setting(''app.tenant'', true), '''')::bigint)',
            '(SELECT nullif(current_setting(''app.tenant'', true), '''')::bigint)'
        );
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO almanac_app', name);
    END LOOP;
END
$$;
-- An entry of the audit is written once; a tenant is made and removed by the owner.
REVOKE UPDATE, DELETE ON audit FROM almanac_app;
REVOKE INSERT, UPDATE, DELETE ON tenant FROM almanac_app;
-- end
