-- What questions over many blocks read instead of them. All of it is made from the blocks: of those written before,
-- it is made when it is needed, or in the background.
-- Which ids were replaced (merged, rewritten, removed), so that readers need not read all rows of blocks again. The last
-- 1,000 are kept.
CREATE TABLE block_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL
) STRICT;

-- Counts and durations of a block's spans by service, name, source, kind and status (query/rollup-codec.ts). Where there
-- is none they are counted from the columns.
CREATE TABLE block_rollups (
  data_id INTEGER PRIMARY KEY,
  rollup BLOB NOT NULL
) STRICT;

-- The attribute filters of 128 blocks, once more, cut into slices by what is asked for: one value reads a hundredth of
-- them (query/filter-groups.ts). Rows never change.
CREATE TABLE filter_groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- u32 data_id, u32 bytes of its filter, of each block.
  blocks BLOB NOT NULL,
  data_id_max INTEGER NOT NULL
) STRICT;
CREATE TABLE filter_slices (
  -- Of group g the slice s: 128 g + s.
  id INTEGER PRIMARY KEY,
  bits BLOB NOT NULL
) STRICT;
