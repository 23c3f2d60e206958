-- Prelude: how a storage group is laid out, shared by all scripts. KEYS[1] is the group's prefix, `{o0}`.
--
--   a:ID      an actor: seq, created and shard in HEADER's bytes, then packed {version, wake, expire, shape, head,
--             body}; wake is counted from created, false for never; expire is -1 for never; a long body is in b:ID
--             and false here
--   k         shapes, packed {lane, rank, tally, labels, kind}, by number: what many actors have in common is kept
--             once; a record holds the number, or a rare shape itself; ki  numbers by shape, kn  how many records
--             have each
--   seq       the last serial number given; s:N  the ids of serials N*128 and on, by remainder (small hashes)
--   p:LABEL:N serials N*512 and on that carry a label, by remainder (sets of small numbers: 2 bytes each)
--   d:LABEL   the numbers N of these sets; a label is KIND, a line feed, and its text (empty: every actor)
--   u:SHARD:RANK:LANE  the due index: serials by wake time, in chunks; u:SHARD:0:  those of lanes with keys, of which
--             there may be very many, once more together; v:SHARD  the RANK:LANEs without keys, and that `0:`, by a
--             time at or before the first; x  serials by the time they expire, in chunks; c:BOUND… is such a chunk:
--             times.lua
--   lanes, r:LANE      how many due actors each lane without a key, and each rank of any lane, has; keyed  the lanes
--             with keys
--   t:KIND    how many actors each tally has
--   j:ID:STREAM  the lines of a journal; n:ID  by stream, how many there ever were
--   f         fences by shard, e  sessions by node, birth  what the store was born with
local G = KEYS[1]
local call = redis.call
local CHUNK, BUCKET = 512, 128
local HEADER, CREATED_AT = '>I5I6I2', 6

local function nowMs()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Whether a lane is one of many that its line has, each for a key.
local function hasKey(lane)
  local slash = string.find(lane, '/', 1, true)
  return slash ~= nil and string.find(lane, '/', slash + 1, true) ~= nil
end

local function idOf(seq)
  return call('HGET', G .. 's:' .. math.floor(seq / BUCKET), seq % BUCKET)
end

local function createdOf(packed) return (struct.unpack('>I6', packed, CREATED_AT)) end

-- What follows the header, and the header's parts.
local function recordFrom(packed)
  local seq, created, shard, behind = struct.unpack(HEADER, packed)
  local _, rest = cmsgpack.unpack_one(packed, behind - 1)
  return rest, seq, created, shard
end

local function recordOf(id)
  local packed = call('GET', G .. 'a:' .. id)
  if packed then return recordFrom(packed) end
end

-- When an actor wakes; -1 for never. Its record holds how long after its creation: most often nothing, in one byte.
local function wakeOf(record, created) return record[2] and created + record[2] or -1 end

local shapeTexts, shapesRead = {}, {}

-- The packed shape with a number; false for a shape that the record holds itself.
local function shapeText(shape)
  if type(shape) ~= 'number' then return false end
  if not shapeTexts[shape] then shapeTexts[shape] = call('HGET', G .. 'k', shape) end
  return shapeTexts[shape]
end

local function shapeOf(shape)
  if type(shape) ~= 'number' then return shape end
  if not shapesRead[shape] then shapesRead[shape] = cmsgpack.unpack(shapeText(shape)) end
  return shapesRead[shape]
end
