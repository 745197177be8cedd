-- The calls of a connection as all processes share them, and whose turn it is.

-- One row per connection; what it holds is the rules' own (`model::call_budget`).
CREATE TABLE call_budget (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    state {json} NOT NULL,
    PRIMARY KEY (tenant_id, connection_id)
);

-- When a tenant's job was last begun: of equals, who waited longest goes first.
CREATE TABLE job_turn (
    tenant_id BIGINT NOT NULL,
    served_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- wall
