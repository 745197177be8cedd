-- What people decide, what a value was before, and what a page shows while a sync runs.

-- Of one asset. A field of `touched` says at which version it was last changed, and by whom.
CREATE TABLE asset_choice (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    class BIGINT,
    kept {json},
    manual {json},
    locks {json} NOT NULL,
    touched {json} NOT NULL,
    version BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by {json} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, remote_id)
);
CREATE INDEX asset_choice_change ON asset_choice (tenant_id, connection_id, change_seq);

-- Every version is kept, so that a grade can be explained by the rules that gave it.
CREATE TABLE rulebook (
    tenant_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author {json} NOT NULL,
    note {text} NOT NULL,
    body {json} NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

-- What a value was until an instant; cause says whether the PSA or a person changed it.
CREATE TABLE fact_change (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    remote_id {text} NOT NULL,
    id {uuid} NOT NULL,
    field {text} NOT NULL,
    at BIGINT NOT NULL,
    cause {text} NOT NULL,
    author {json},
    reason {text},
    old_value {text},
    old_source {json},
    new_value {text},
    run_id {uuid},
    PRIMARY KEY (tenant_id, connection_id, remote_id, id, field)
);

-- Tests of a connection that a person asked for.
CREATE TABLE probe (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    author {json} NOT NULL,
    asked_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    result {json},
    PRIMARY KEY (tenant_id, connection_id, id)
);

-- How far the newest scan of a stream is, or was at its last page.
ALTER TABLE stream_state ADD COLUMN scan_read BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_state ADD COLUMN scan_claimed BIGINT;
ALTER TABLE stream_state ADD COLUMN scan_pass BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_state ADD COLUMN scan_added BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_state ADD COLUMN scan_changed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_state ADD COLUMN scan_requests BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_state ADD COLUMN scan_page_at BIGINT;

-- wall
-- pg-only
-- History is written once.
REVOKE UPDATE, DELETE ON rulebook, fact_change FROM almanac_app;
-- end
