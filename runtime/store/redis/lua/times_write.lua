-- Times, second part: changes them. An entry is named by where it stands: the text that `boundOf` makes.
-- Cost: two or three calls for each chunk that changes.

-- Calls `visit` with each chunk that some entries, sorted, belong in, and those entries; the last one first, so that
-- it may split it.
local function eachChunk(name, keys, visit)
  local last = #keys
  while last > 0 do
    local bound = chunkAt(name, keys[last])
    local first = last
    while first > 1 and keys[first - 1] >= bound do first = first - 1 end
    local part = {}
    for at = first, last do part[#part + 1] = keys[at] end
    visit(name, bound, part)
    last = first - 1
  end
end

local function addTo(name, bound, keys)
  if #keys == 0 then return end
  local entries = {}
  for _, key in ipairs(keys) do
    entries[#entries + 1] = string.sub(key, 1, 16)
    entries[#entries + 1] = member(tonumber(string.sub(key, 17)))
  end
  call('ZADD', chunkKey(name, bound), unpack(entries))
end

local function addChunk(name, keys)
  addTo(name, keys[1], keys)
  call('ZADD', G .. name, 0, keys[1])
end

-- Adds behind all there is: most wake times are later than those before. Leaves full chunks behind.
local function append(name, bound, keys, room)
  local part = {}
  for _, key in ipairs(keys) do
    if #part == room then
      if bound then addTo(name, bound, part) else addChunk(name, part) end
      bound, room, part = nil, CHUNK_TIMES, {}
    end
    part[#part + 1] = key
  end
  addChunk(name, part)
end

-- Spreads what a chunk has and what comes over several (T1), with room in each.
local function split(name, bound, keys)
  local stored = call('ZRANGE', chunkKey(name, bound), 0, -1, 'WITHSCORES')
  local all, isStored = {}, {}
  for at = 1, #stored, 2 do
    local key = boundOf(stored[at + 1], seqOf(stored[at]))
    all[#all + 1] = key
    isStored[key] = true
  end
  for _, key in ipairs(keys) do all[#all + 1] = key end
  table.sort(all)
  local size = math.ceil(#all / math.ceil(#all / (CHUNK_TIMES * 3 / 4)))
  local parts = { {} }
  local kept = 0
  for at, key in ipairs(all) do
    local number = math.ceil(at / size)
    if number == 1 and isStored[key] then kept = kept + 1 else table.insert(of(parts, number), key) end
  end
  if kept < #stored / 2 then call('ZREMRANGEBYRANK', chunkKey(name, bound), kept, -1) end
  addTo(name, bound, parts[1])
  for number = 2, #parts do addChunk(name, parts[number]) end
end

local function add(name, bound, keys)
  local room = CHUNK_TIMES - call('ZCARD', chunkKey(name, bound))
  if #keys <= room then return addTo(name, bound, keys) end
  local last = call('ZRANGE', chunkKey(name, bound), -1, -1, 'WITHSCORES')
  local behind = #last == 0 or keys[1] > boundOf(last[2], seqOf(last[1]))
  if behind and #boundsAfter(name, bound, 1) == 0 then
    append(name, bound, keys, room)
  else
    split(name, bound, keys)
  end
end

local function remove(name, bound, keys)
  local members = {}
  for at, key in ipairs(keys) do members[at] = member(tonumber(string.sub(key, 17))) end
  call('ZREM', chunkKey(name, bound), unpack(members))
  if bound ~= FIRST and call('EXISTS', chunkKey(name, bound)) == 0 then call('ZREM', G .. name, bound) end -- (T2)
end

-- Writes what was gathered about one name: serials with the times they come to, and the times they leave. Answers
-- the earliest time that came to the first chunk, if any (others are later than what was there), and whether nothing
-- is left.
local function writeTimes(name, come, gone)
  local adds, removals, least = {}, {}, nil
  for seq, time in pairs(gone) do
    if come[seq] ~= time then removals[#removals + 1] = boundOf(time, seq) end
  end
  for seq, time in pairs(come) do
    if gone[seq] ~= time then adds[#adds + 1] = boundOf(time, seq) end
  end
  table.sort(removals)
  eachChunk(name, removals, remove)
  table.sort(adds)
  eachChunk(name, adds, function(_, bound, keys)
    if bound == FIRST then least = tonumber(string.sub(keys[1], 1, 16)) end
    add(name, bound, keys)
  end)
  local empty = #removals > 0 and #adds == 0 and call('EXISTS', G .. name, chunkKey(name, FIRST)) == 0
  return least, empty
end
