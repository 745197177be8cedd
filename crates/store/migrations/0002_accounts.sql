-- Who signs in, by what, and how often they may try.

ALTER TABLE tenant_user ADD COLUMN name {text} NOT NULL DEFAULT '';
ALTER TABLE tenant_user ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE tenant_user ADD COLUMN is_limited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenant_user ADD COLUMN preferences {json};
ALTER TABLE tenant_user ADD COLUMN password_changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE tenant_user SET password_changed_at = created_at;
-- A person who signs in knows the address, not the tenant.
CREATE INDEX tenant_user_sign_in ON tenant_user (email);

-- The clients that a limited user sees.
CREATE TABLE tenant_user_client (
    tenant_id BIGINT NOT NULL,
    user_id {uuid} NOT NULL,
    client {text} NOT NULL,
    PRIMARY KEY (tenant_id, user_id, client)
);

CREATE TABLE session (
    tenant_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    token_sha256 {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    address {text} NOT NULL,
    user_agent {text} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX session_token ON session (tenant_id, token_sha256);

CREATE TABLE api_key (
    tenant_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    name {text} NOT NULL,
    scopes {text} NOT NULL,
    secret_sha256 {bytes} NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX api_key_secret ON api_key (tenant_id, secret_sha256);

-- Rows of tenant 0: a sign-in fails before it is known whose it was.
CREATE TABLE throttle (
    tenant_id BIGINT NOT NULL,
    key {text} NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    wait_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX throttle_failed ON throttle (failed_at);

CREATE TABLE request_key (
    tenant_id BIGINT NOT NULL,
    user_id {uuid} NOT NULL,
    key {text} NOT NULL,
    at BIGINT NOT NULL,
    location {text},
    PRIMARY KEY (tenant_id, user_id, key)
);

-- wall
