-- Index, second part: writes what was gathered. Cost: a few calls for each key that changes.

-- Adds to and takes from one set; true when it is gone now.
local function change(add, remove, key, adds, removals)
  if #adds > 0 then call(add, key, unpack(adds)) end
  if #removals == 0 then return false end
  call(remove, key, unpack(removals))
  return #adds == 0 and call('EXISTS', key) == 0
end

local function writeLabels(name, chunks)
  local directory = G .. 'd:' .. name
  for chunk, rests in pairs(chunks) do
    local adds, removals = {}, {}
    for rest, there in pairs(rests) do
      local list = there and adds or removals
      list[#list + 1] = rest
    end
    local gone = change('SADD', 'SREM', G .. 'p:' .. name .. ':' .. chunk, adds, removals)
    if gone then call('ZREM', directory, chunk) end
    if #adds > 0 then call('ZADD', directory, chunk, chunk) end
  end
end

-- Serials by time: `times` has false or a negative number for what is to be removed. Answers the earliest that was
-- added, and whether the set is gone.
local function writeTimes(key, times)
  local adds, removals, least = {}, {}, math.huge
  for seq, time in pairs(times) do
    if time and time >= 0 then
      adds[#adds + 1] = time
      adds[#adds + 1] = member(seq)
      least = math.min(least, time)
    else
      removals[#removals + 1] = member(seq)
    end
  end
  return least, change('ZADD', 'ZREM', key, adds, removals)
end

local function writeDues(shard, places)
  local bounds = {}
  for place, wakes in pairs(places) do
    local least, gone = writeTimes(G .. 'u:' .. shard .. ':' .. place, wakes)
    if gone then call('ZREM', G .. 'v:' .. shard, place) end
    if least < math.huge then
      bounds[#bounds + 1] = least
      bounds[#bounds + 1] = place
    end
  end
  if #bounds > 0 then call('ZADD', G .. 'v:' .. shard, 'LT', unpack(bounds)) end
end

local function writeIndex()
  for bucket, ids in pairs(names) do
    local fields = {}
    for rest, id in pairs(ids) do
      fields[#fields + 1] = rest
      fields[#fields + 1] = id
    end
    call('HSET', G .. 's:' .. bucket, unpack(fields))
  end
  for name, chunks in pairs(labelled) do writeLabels(name, chunks) end
  for shard, places in pairs(dues) do writeDues(shard, places) end
  writeTimes(G .. 'x', expiries)
  writeCounts()
end
