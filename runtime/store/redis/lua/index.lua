-- Index: keeps all that an actor is found by in step with its record. Counters are gathered and written once.
local counts = {}
local known = {}

local function count(key, field, by)
  local fields = counts[key]
  if not fields then fields = {}; counts[key] = fields end
  fields[field] = (fields[field] or 0) + by
end

local function writeCounts()
  for key, fields in pairs(counts) do
    for field, by in pairs(fields) do
      if by ~= 0 and call('HINCRBY', key, field, by) <= 0 then call('HDEL', key, field) end
    end
  end
end

local function addLabel(kind, label, seq)
  local chunk = math.floor(seq / CHUNK)
  local name = kind .. '\n' .. label
  local key = G .. 'p:' .. name .. ':' .. chunk
  call('SADD', key, seq % CHUNK)
  if not known[key] then
    known[key] = true
    call('ZADD', G .. 'd:' .. name, chunk, chunk)
  end
end

local function dropLabel(kind, label, seq)
  local chunk = math.floor(seq / CHUNK)
  local name = kind .. '\n' .. label
  local key = G .. 'p:' .. name .. ':' .. chunk
  call('SREM', key, seq % CHUNK)
  if call('EXISTS', key) == 0 then
    known[key] = nil
    call('ZREM', G .. 'd:' .. name, chunk)
  end
end

local function addDue(shard, wake, lane, rank, seq)
  if wake < 0 then return end
  local place = rank .. ':' .. lane
  call('ZADD', G .. 'u:' .. shard .. ':' .. place, wake, member(seq))
  call('ZADD', G .. 'v:' .. shard, 'LT', wake, place)
  count(G .. 'lanes', lane, 1)
  count(G .. 'r:' .. lane, rank, 1)
end

local function dropDue(shard, wake, lane, rank, seq)
  if wake < 0 then return end
  local place = rank .. ':' .. lane
  local key = G .. 'u:' .. shard .. ':' .. place
  call('ZREM', key, member(seq))
  if call('EXISTS', key) == 0 then call('ZREM', G .. 'v:' .. shard, place) end
  count(G .. 'lanes', lane, -1)
  count(G .. 'r:' .. lane, rank, -1)
end
