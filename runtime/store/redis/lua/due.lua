-- Due: actors of some shards in the order of their wake times. ARGV: packed {mode, lane, from, until, limit, shards}.
-- Mode 1: of one lane, up to and including `until`, highest rank first. Mode 2: of all lanes, in [from, until).
-- Answers the time up to which it is complete, then id, wake, lane and rank of each.
-- Cost: O(shards × places + limit): every place is read in small pages, as far as it takes part in the result.
local q = cmsgpack.unpack(ARGV[1])
local mode, lane, from, till, limit, shards = q[1], q[2], q[3], q[4], q[5], q[6]

-- The first `wanted` of these places by wake time, then age; nothing beyond `last` (a score bound).
local function first(places, wanted, least, last)
  local page = math.max(16, math.ceil(2 * wanted / math.max(1, #places)))
  while true do
    local found, sureTo = {}, math.huge
    for _, place in ipairs(places) do
      local part = call('ZRANGEBYSCORE', place.key, least, last, 'WITHSCORES', 'LIMIT', 0, page)
      for at = 1, #part, 2 do
        found[#found + 1] = { seq = part[at], wake = tonumber(part[at + 1]), lane = place.lane, rank = place.rank }
      end
      if #part == 2 * page then sureTo = math.min(sureTo, tonumber(part[#part])) end
    end
    table.sort(found, function(a, b)
      if a.wake ~= b.wake then return a.wake < b.wake end
      return a.seq < b.seq
    end)
    local sure = 0
    for _, entry in ipairs(found) do
      if entry.wake >= sureTo then break end
      sure = sure + 1
    end
    if sureTo == math.huge then sure = #found end
    if sure >= wanted or sureTo == math.huge then
      local cut = {}
      for at = 1, math.min(wanted, sure) do cut[at] = found[at] end
      return cut
    end
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
  result[1] = tostring(till)
  local ranks = call('HKEYS', G .. 'r:' .. lane)
  for at, rank in ipairs(ranks) do ranks[at] = tonumber(rank) end
  table.sort(ranks, function(a, b) return a > b end)
  local room = limit
  for _, rank in ipairs(ranks) do
    if room <= 0 then break end
    local places = {}
    for at, shard in ipairs(shards) do
      places[at] = { key = G .. 'u:' .. shard .. ':' .. rank .. ':' .. lane, lane = lane, rank = rank }
    end
    for _, entry in ipairs(first(places, room, '-inf', till)) do
      tell(entry)
      room = room - 1
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
