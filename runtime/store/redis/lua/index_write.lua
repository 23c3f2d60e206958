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

local function writeDues(shard, places)
  local bounds = {}
  for place, times in pairs(places) do
    local least, empty = writeTimes('u:' .. shard .. ':' .. place, times.come, times.gone)
    local listed = not hasKey(place)
    if empty and listed then call('ZREM', G .. 'v:' .. shard, place) end
    if least and listed then
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
  for kind, labels in pairs(labelled) do
    for label, chunks in pairs(labels) do writeLabels(kind .. '\n' .. label, chunks) end
  end
  for shard, places in pairs(dues) do writeDues(shard, places) end
  writeTimes('x', expiries.come, expiries.gone)
  writeCounts()
end
