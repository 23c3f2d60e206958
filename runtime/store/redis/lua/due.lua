-- Due: actors of some shards in the order of their wake times.
-- ARGV: packed {mode, lane, from, until, limit, shards, after, places}. `places` bounds how many of the due index are
-- looked at; the caller asks again for the rest.
-- Mode 1: of one lane, up to and including `until`, highest rank first, from behind `after`: {rank, wake, serial} or
-- false. Answers the packed `after` of the rest; '' if there is none.
-- Mode 2: of all lanes, in [from, until). Answers how many of the shards it has dealt with, and the time up to which
-- that is complete.
-- Then, in both, id, wake, lane, rank and serial of each.
-- Cost: O(places + limit × log(places)): places are merged by a heap, and opened when it is their turn.
local q = cmsgpack.unpack(ARGV[1])
local mode, lane, from, till, limit, shards, after, placesMax = q[1], q[2], q[3], q[4], q[5], q[6], q[7], q[8]

-- Puts `place` in the heap at or below number `at`, which is free. A place stands where its next entry does, or, not
-- opened yet, at a time before it.
local function sink(heap, at, place)
  while true do
    local child = 2 * at
    local one, other = heap[child], heap[child + 1]
    if not one then break end
    if other and (other.time < one.time or (other.time == one.time and other.seq < one.seq)) then
      child, one = child + 1, other
    end
    if place.time < one.time or (place.time == one.time and place.seq < one.seq) then break end
    heap[at], at = one, child
  end
  heap[at] = place
end

-- Moves a place to its next entry; false at its end.
local function advance(place, to, page)
  place.at = place.at + 1
  if not place.seqs or (not place.seqs[place.at] and #place.seqs == page) then
    place.seqs, place.times = readTimes(place.name, place.time, to, page, place.seq)
    place.at = 1
  end
  place.seq, place.time = place.seqs[place.at], place.times[place.at]
  return place.seq ~= nil
end

-- Calls `visit` with the first `wanted` entries of all places, none beyond `to`, a score bound.
local function merge(places, wanted, to, visit)
  local page = math.min(CHUNK_TIMES, 4 + math.ceil(wanted / math.max(1, #places)))
  table.sort(places, function(a, b) return a.time < b.time end)
  local heap, visited = places, 0
  while heap[1] and visited < wanted do
    local place = heap[1]
    if place.seqs then
      visit(place)
      visited = visited + 1
    end
    if advance(place, to, page) then
      sink(heap, 1, place)
    else
      local last = table.remove(heap)
      if heap[1] then sink(heap, 1, last) end
    end
  end
end

local function placeOf(shard, rank, name, behind)
  local place = { name = 'u:' .. shard .. ':' .. rank .. ':' .. name, lane = name, rank = rank, at = 0 }
  place.time, place.seq = behind.time, behind.seq
  return place
end

local function isThere(place)
  return call('EXISTS', G .. place.name, chunkKey(place.name, FIRST)) > 0
end

local result = {}
local function tell(entry)
  local id, lane, rank = idOf(entry.seq), entry.lane, entry.rank
  if lane == '' then
    local shape = shapeOf(recordOf(id)[4])
    lane, rank = shape[1], shape[2]
  end
  local fields = { id, tostring(entry.time), lane, tostring(rank), tostring(entry.seq) }
  for _, field in ipairs(fields) do result[#result + 1] = field end
end

if mode == 1 then
  result[1] = ''
  local ranks = call('HKEYS', G .. 'r:' .. lane)
  for at, rank in ipairs(ranks) do ranks[at] = tonumber(rank) end
  table.sort(ranks, function(a, b) return a > b end)
  local room, opened = limit, 0
  for _, rank in ipairs(ranks) do
    if not after or rank <= after[1] then
      if opened > 0 and opened + #shards > placesMax then
        result[1] = cmsgpack.pack({ rank, 0, -1 })
        return result
      end
      opened = opened + #shards
      local here = after and rank == after[1]
      local behind = { time = here and after[2] or 0, seq = here and after[3] or -1 }
      local places = {}
      for _, shard in ipairs(shards) do
        local place = placeOf(shard, rank, lane, behind)
        if isThere(place) then places[#places + 1] = place end
      end
      merge(places, room, till, function(entry)
        tell(entry)
        room = room - 1
        if room == 0 then result[1] = cmsgpack.pack({ rank, entry.time, entry.seq }) end
      end)
      if room == 0 then return result end
    end
  end
  return result
end

local places, dealtWith = {}, 0
for _, shard in ipairs(shards) do
  if #places >= placesMax then break end
  local near = call('ZRANGEBYSCORE', G .. 'v:' .. shard, '-inf', '(' .. till, 'WITHSCORES')
  for at = 1, #near, 2 do
    local colon = string.find(near[at], ':', 1, true)
    local behind = { time = math.max(from, tonumber(near[at + 1])), seq = -1 }
    local rank, name = string.sub(near[at], 1, colon - 1), string.sub(near[at], colon + 1)
    places[#places + 1] = placeOf(shard, rank, name, behind)
  end
  dealtWith = dealtWith + 1
end
result[1], result[2] = tostring(dealtWith), tostring(till)
local told = 0
merge(places, limit + 1, '(' .. till, function(entry)
  told = told + 1
  if told > limit then result[2] = tostring(entry.time) else tell(entry) end
end)
return result
