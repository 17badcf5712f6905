-- What counting the stored spans has come to (span metrics and the service graph), as of the block at which the cursor of
-- that name stands (span-metrics-table.ts): one row.
CREATE TABLE span_metrics (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Spans that came up to here are counted, Unix milliseconds.
  counted_ms INTEGER NOT NULL,
  -- Series and what waits (spanmetrics/state.ts).
  state BLOB NOT NULL
) STRICT;

-- Who calls whom, for the dependency graph.
CREATE TABLE edges (
  id INTEGER PRIMARY KEY,
  client TEXT NOT NULL,
  server TEXT NOT NULL,
  connection TEXT NOT NULL,
  -- sources.ts
  source INTEGER NOT NULL,
  UNIQUE (client, server, connection, source)
) STRICT;

-- By minute, and the same again by hour, so that a week is few rows.
CREATE TABLE edge_counts (
  -- How many a row is of: 1 or 60.
  minutes INTEGER NOT NULL,
  -- The first of them, since the epoch, of the spans' starts.
  minute INTEGER NOT NULL,
  edge_id INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  -- Pairs of 32 bits: a bucket of durations and how many are in it (spanmetrics/edge-totals.ts).
  durations BLOB NOT NULL,
  PRIMARY KEY (minutes, minute, edge_id)
) STRICT, WITHOUT ROWID;
