-- Times: serials in the order of (time, serial), in chunks that Redis keeps packed: some 20 bytes an entry where one
-- long sorted set takes a hundred. NAME is the directory: the lower bounds of all chunks but the first, as text.
--   T1. A chunk has at most CHUNK_TIMES entries (Redis packs up to 128, and looks through all at each change): from
--       its own bound on, and before the next one's.
--   T2. Every bound in the directory has a chunk that isn't empty; the first chunk, of bound FIRST, may be.
-- Times are whole numbers from 0 on.
local CHUNK_TIMES, BOUNDS_PAGE, PAST_FEW = 64, 16, 4
local FIRST = string.rep('0', 27)

-- Where an entry stands in the order.
local function boundOf(time, seq) return string.format('%016d%011d', time, seq) end

-- Serials of one width sort by age where times are equal.
local function member(seq) return struct.pack('>I5', seq) end
local function seqOf(text) return (struct.unpack('>I5', text)) end

-- A bound has a fixed width: no two names share a chunk.
local function chunkKey(name, bound) return G .. 'c:' .. bound .. name end

-- The bound of the chunk in which an entry at `bound` belongs. Cost: O(log chunks).
local function chunkAt(name, bound)
  return call('ZREVRANGEBYLEX', G .. name, '[' .. bound, '-', 'LIMIT', 0, 1)[1] or FIRST
end

-- The bounds that follow one.
local function boundsAfter(name, bound, limit)
  return call('ZRANGEBYLEX', G .. name, '(' .. bound, '+', 'LIMIT', 0, limit)
end

-- The first `limit` entries behind (from, past) with time <= to, a score bound of Redis: their serials, their times.
-- Cost: O(limit), and one call a chunk.
local function readTimes(name, from, to, limit, past)
  local seqs, times = {}, {}
  -- Takes what is wanted of the first `most` entries of a chunk from `from` on; whether there was any, and whether the
  -- chunk may have more.
  local function read(bound, most)
    local part = call('ZRANGEBYSCORE', chunkKey(name, bound), from, to, 'WITHSCORES', 'LIMIT', 0, most)
    for at = 1, #part, 2 do
      local seq, time = seqOf(part[at]), tonumber(part[at + 1])
      if time > from or seq > past then
        seqs[#seqs + 1], times[#times + 1] = seq, time
        if #seqs == limit then break end
      end
    end
    return #part > 0, #part == 2 * most
  end

  local bound = chunkAt(name, boundOf(from, past + 1))
  if past < 0 then
    read(bound, limit)
  else
    -- Of those at `from` some, most often few and not more than a chunk has, may be `past`.
    local _, more = read(bound, limit + PAST_FEW)
    if more and #seqs < limit then
      seqs, times = {}, {}
      read(bound, limit + CHUNK_TIMES)
    end
  end
  while #seqs < limit do
    local bounds = boundsAfter(name, bound, BOUNDS_PAGE)
    for _, later in ipairs(bounds) do
      -- A later chunk has something in it (T2): nothing of it means that all are beyond `to`.
      if #seqs == limit or not read(later, limit - #seqs) then return seqs, times end
      bound = later
    end
    if #bounds < BOUNDS_PAGE then return seqs, times end
  end
  return seqs, times
end
