-- Spans that a destination refused for good: kept, to be seen and sent again.
CREATE TABLE refused (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  -- Unix milliseconds.
  refused_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  span_count INTEGER NOT NULL,
  -- So many of them were refused; which, the destination may not have said.
  spans_refused INTEGER NOT NULL,
  -- 1: waits to be sent again.
  replay INTEGER NOT NULL DEFAULT 0,
  -- Of the body as it lies here.
  bytes INTEGER NOT NULL,
  -- zstd: an OTLP request.
  body BLOB NOT NULL
) STRICT;
CREATE INDEX refused_by_destination ON refused (destination, id, bytes, spans_refused);
CREATE INDEX refused_to_replay ON refused (destination, id) WHERE replay = 1;

-- Of all time, beside spans_skipped.
ALTER TABLE cursors ADD COLUMN spans_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN spans_refused INTEGER NOT NULL DEFAULT 0;
-- Of spans_refused: not kept any more, since there were too many.
ALTER TABLE cursors ADD COLUMN spans_dropped INTEGER NOT NULL DEFAULT 0;
