-- What a person decided about many assets at once: kept so that it can be undone as a whole.

-- `changes` holds each asset that changed, the version that this made, and the edit that takes it back.
CREATE TABLE bulk_edit (
    tenant_id BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    id {uuid} NOT NULL,
    author {json} NOT NULL,
    at BIGINT NOT NULL,
    edit {json} NOT NULL,
    changes {json} NOT NULL,
    undone_at BIGINT,
    undone_by {json},
    PRIMARY KEY (tenant_id, id)
);

-- wall
