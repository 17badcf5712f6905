-- Spans lie in blocks of up to 8,000: few large rows, because random-key indexes over single spans are what makes
-- SQLite slow (0.12M spans/s falling to 0.05M, against 0.77M this way). Times are Unix nanoseconds.
CREATE TABLE blocks (
  -- In the order of commits and never used again: forwarding follows it.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  span_count INTEGER NOT NULL,
  -- Of the spans' starts.
  start_min INTEGER NOT NULL,
  start_max INTEGER NOT NULL,
  -- Bit n: the block holds spans of the n-th source (columns.ts).
  sources INTEGER NOT NULL,
  -- zstd: what searching reads of each span (columns.ts). Before the body, so that it is read without it.
  columns BLOB NOT NULL,
  -- zstd: the senders' OTLP bytes, unchanged, one request after the other.
  body BLOB NOT NULL
) STRICT;
CREATE INDEX blocks_by_start ON blocks (start_max, id);

-- Which blocks hold spans of a trace. The key is the id's last 8 bytes, which are random in every id scheme; the
-- block's columns hold the whole id and settle the rest.
CREATE TABLE trace_blocks (
  trace_key INTEGER NOT NULL,
  block_id INTEGER NOT NULL,
  PRIMARY KEY (trace_key, block_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE services (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Which blocks hold spans of a service and source, newest first by the latest such span.
CREATE TABLE service_blocks (
  service_id INTEGER NOT NULL,
  start_max INTEGER NOT NULL,
  block_id INTEGER NOT NULL,
  source INTEGER NOT NULL,
  PRIMARY KEY (service_id, start_max, block_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_sources (
  service_id INTEGER NOT NULL,
  source INTEGER NOT NULL,
  PRIMARY KEY (service_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  destination TEXT PRIMARY KEY,
  block_id INTEGER NOT NULL,
  spans_done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
