-- What changed since, for those who hold a tenant's rows in memory.

-- Grows by one with each transaction that changes what is held; its row is locked until the commit,
-- so that numbers become visible in order. The epoch tells a tenant from one that had its number;
-- decided is the newest number that a person's change took.
CREATE TABLE change_head (
    tenant_id BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    decided BIGINT NOT NULL
);
-- Projections of earlier versions have no number: whoever asks begins with all of them.
INSERT INTO change_head (tenant_id, epoch, seq, decided) SELECT tenant_id, created_at, 1, 1 FROM tenant;

-- Which projections each of the newest transactions wrote: one row for each, since a stamp on every
-- projection would cost a sync an index over all of them.
CREATE TABLE change_log (
    tenant_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    connection_id BIGINT NOT NULL,
    stream {text} NOT NULL,
    ids {json} NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- wall

-- pg-only
-- lz4 costs a sync a tenth of what the older pglz does; a server built without it keeps pglz.
DO $$
BEGIN
    ALTER TABLE record ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE asset ALTER COLUMN facts SET COMPRESSION lz4;
    ALTER TABLE asset ALTER COLUMN field_values SET COMPRESSION lz4;
EXCEPTION
    WHEN feature_not_supported THEN NULL;
END
$$;
-- end
