-- What is looked through for each question (blocks) lies apart from what is large (block_data). Indexes whose keys are
-- random dirtied some 800 pages a block and slowed as they grew; runs of sorted pages do neither. Times of spans are
-- Unix nanoseconds.
-- Blocks of version 1 are packed anew by the program when it opens the database (database.ts), then the table is empty.
ALTER TABLE blocks RENAME TO blocks_of_version_1;
DROP INDEX blocks_by_start;
DROP TABLE trace_blocks;
DROP TABLE service_blocks;

CREATE TABLE blocks (
  -- In the order of commits and never used again: forwarding follows it. Blocks that were merged have the last one's.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- The first of the ids that this block stands for: its own, or of the first block merged into it.
  first_id INTEGER NOT NULL,
  -- When its (newest) spans came, Unix milliseconds: their age counts from here, whatever their own clocks say.
  stored_ms INTEGER NOT NULL,
  span_count INTEGER NOT NULL,
  start_min INTEGER NOT NULL,
  start_max INTEGER NOT NULL,
  duration_max INTEGER NOT NULL,
  -- Bit n: the block holds spans of the n-th source (sources.ts), OTLP status, OTLP kind.
  sources INTEGER NOT NULL,
  statuses INTEGER NOT NULL,
  kinds INTEGER NOT NULL,
  -- Its row in block_data, and that row's size.
  data_id INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  -- Of its body before compression.
  body_bytes INTEGER NOT NULL,
  -- Who has how much of it (shares.ts).
  shares BLOB NOT NULL,
  -- JSON [[id, spans], …] of merged blocks that a destination may still ask for one by one; null: it will not.
  parts TEXT
) STRICT;
CREATE INDEX blocks_by_start ON blocks (start_max, id);
-- Ids go on where they were.
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'blocks', seq FROM sqlite_sequence WHERE name = 'blocks_of_version_1';

-- Rows never change and ids are never used again: what readers remember of them stays true.
CREATE TABLE block_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Which attributes cannot be in it (attribute-filter.ts). First, so that it is read without the rest.
  filter BLOB NOT NULL,
  -- What searching reads of each span (columns-codec.ts).
  columns BLOB NOT NULL,
  -- zstd: the senders' OTLP bytes, one request after the other, without the ids that the columns hold (ids.ts).
  body BLOB NOT NULL
) STRICT;

-- Which blocks hold spans of a trace: runs of pages, each run sorted by key (trace-keys.ts). A commit adds a small run,
-- a few small ones become a large one of the next level in the background. Pages never change either.
CREATE TABLE trace_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Below zero: being written, or to be removed; not to be read.
  level INTEGER NOT NULL,
  -- The lowest block id in it: pages count from here.
  block_min INTEGER NOT NULL,
  block_max INTEGER NOT NULL,
  entry_count INTEGER NOT NULL
) STRICT;
CREATE TABLE trace_pages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL,
  key_min INTEGER NOT NULL,
  entries BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX trace_pages_by_key ON trace_pages (run_id, key_min);

-- Spans that retention took before a destination had them.
ALTER TABLE cursors ADD COLUMN spans_skipped INTEGER NOT NULL DEFAULT 0;
