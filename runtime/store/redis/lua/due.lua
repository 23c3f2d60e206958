-- Due: actors of some shards in the order of their wake times.
-- ARGV: packed {mode, lane, from, until, limit, shards, after}; after is {rank, wake, serial} or false.
-- Mode 1: of one lane, up to and including `until`, highest rank first, behind `after`; answers the serial of the last.
-- Mode 2: of all lanes, in [from, until); answers the time up to which that is complete.
-- Then, in both, id, wake, lane and rank of each.
-- Cost: O(shards × places + limit): every place is read in small pages, as far as it takes part in the result.
local q = cmsgpack.unpack(ARGV[1])
local mode, lane, from, till, limit, shards, after = q[1], q[2], q[3], q[4], q[5], q[6], q[7]

-- Sorts entries by wake time, then age. Numbers sort without calls of Lua: the time and the entry's place in
-- one; what wakes together is put right afterwards.
local PLACES = 16384
local function sorted(seqs, wakes)
  local least = math.huge
  for _, wake in ipairs(wakes) do least = math.min(least, wake) end
  local keys = {}
  for at, wake in ipairs(wakes) do keys[at] = (wake - least) * PLACES + at end
  table.sort(keys)
  local order = {}
  for at, key in ipairs(keys) do order[at] = key % PLACES end
  local from = 1
  for at = 2, #order + 1 do
    if at > #order or wakes[order[at]] ~= wakes[order[from]] then
      if at - from > 1 then
        local same = {}
        for i = from, at - 1 do same[#same + 1] = order[i] end
        table.sort(same, function(a, b) return seqs[a] < seqs[b] end)
        for i = from, at - 1 do order[i] = same[i - from + 1] end
      end
      from = at
    end
  end
  return order
end

-- The first `wanted` of these places by wake time, then age; nothing beyond `last` (a score bound). Reads a page of
-- each place, and longer ones until the pages together are sure to hold them. Leaves out what wakes at `least` and is
-- not younger than the serial `past`, if there is one.
local function first(places, wanted, least, last, past)
  local page = 8 + math.ceil(1.2 * wanted / math.max(1, #places))
  while true do
    local seqs, wakes, owners, sureTo = {}, {}, {}, math.huge
    for _, place in ipairs(places) do
      local part = call('ZRANGEBYSCORE', place.key, least, last, 'WITHSCORES', 'LIMIT', 0, page)
      local n = #seqs
      for at = 1, #part, 2 do
        local wake = tonumber(part[at + 1])
        if not past or wake > least or part[at] > past then
          n = n + 1
          seqs[n], wakes[n], owners[n] = part[at], wake, place
        end
      end
      if #part == 2 * page then sureTo = math.min(sureTo, tonumber(part[#part])) end
    end
    local order = sorted(seqs, wakes)
    local cut = {}
    for _, at in ipairs(order) do
      if #cut == wanted or wakes[at] >= sureTo then break end
      cut[#cut + 1] = { seq = seqs[at], wake = wakes[at], lane = owners[at].lane, rank = owners[at].rank }
    end
    if #cut == wanted or sureTo == math.huge then return cut end
    page = page * 4
  end
end

local result = {}
local function tell(entry)
  result[#result + 1] = idOf(tonumber(entry.seq))
  result[#result + 1] = tostring(entry.wake)
  result[#result + 1] = entry.lane
  result[#result + 1] = tostring(entry.rank)
end

if mode == 1 then
  result[1] = ''
  local ranks = call('HKEYS', G .. 'r:' .. lane)
  for at, rank in ipairs(ranks) do ranks[at] = tonumber(rank) end
  table.sort(ranks, function(a, b) return a > b end)
  local room = limit
  for _, rank in ipairs(ranks) do
    if room <= 0 then break end
    if not after or rank <= after[1] then
      local places = {}
      for at, shard in ipairs(shards) do
        places[at] = { key = G .. 'u:' .. shard .. ':' .. rank .. ':' .. lane, lane = lane, rank = rank }
      end
      local here = after and rank == after[1]
      for _, entry in ipairs(first(places, room, here and after[2] or '-inf', till, here and after[3])) do
        tell(entry)
        result[1] = entry.seq
        room = room - 1
      end
    end
  end
  return result
end

local places = {}
for _, shard in ipairs(shards) do
  for _, place in ipairs(call('ZRANGEBYSCORE', G .. 'v:' .. shard, '-inf', '(' .. till)) do
    local colon = string.find(place, ':', 1, true)
    places[#places + 1] = {
      key = G .. 'u:' .. shard .. ':' .. place,
      rank = tonumber(string.sub(place, 1, colon - 1)),
      lane = string.sub(place, colon + 1),
    }
  end
end
local entries = first(places, limit + 1, from, '(' .. till)
result[1] = tostring(entries[limit + 1] and entries[limit + 1].wake or till)
for at = 1, math.min(limit, #entries) do tell(entries[at]) end
return result
