-- Why a run ran, and how many calls the PSA got.

-- Null for runs of earlier versions.
ALTER TABLE run ADD COLUMN cause {json};

-- Calls counted in spans of five minutes; `at` is where a span begins. Spans of days ago are removed.
CREATE TABLE psa_call (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, at)
);

-- wall
