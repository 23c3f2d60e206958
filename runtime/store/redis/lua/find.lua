-- Find: one page of a search. ARGV: packed {kind, labels, from, to, newest, limit, after, visits}; from, to and after
-- are -1 for none. Answers the serial it has dealt with (-1: the end), then id, record, body and shape of each found.
-- Cost: bounded by `visits`, in actors looked at and chunks opened.
local q = cmsgpack.unpack(ARGV[1])
local kind, labels, from, to, newest, limit, after, visits = q[1], q[2], q[3], q[4], q[5], q[6], q[7], q[8]
local names, rarest, fewest = { kind .. '\n' }, kind .. '\n', nil
for _, label in ipairs(labels) do names[#names + 1] = kind .. '\n' .. label end
if #labels > 0 then table.remove(names, 1) end
for _, name in ipairs(names) do
  local chunks = call('ZCARD', G .. 'd:' .. name)
  if not fewest or chunks < fewest then rarest, fewest = name, chunks end
end

local found = { -1 }
local got = 0

-- Looks at the actors of one chunk in order; true when the page is full.
local function look(chunk)
  local keys = {}
  for at, name in ipairs(names) do keys[at] = G .. 'p:' .. name .. ':' .. chunk end
  local rests = call('SINTER', unpack(keys))
  for at, rest in ipairs(rests) do rests[at] = tonumber(rest) end
  table.sort(rests, newest and function(a, b) return a > b end or nil)
  for _, rest in ipairs(rests) do
    local seq = chunk * CHUNK + rest
    if after < 0 or (newest and seq < after) or (not newest and seq > after) then
      if got == limit or visits <= 0 then return true end
      visits = visits - 1
      local id = idOf(seq)
      local packed = call('GET', G .. 'a:' .. id)
      local created = createdOf(packed)
      if (from < 0 or created >= from) and (to < 0 or created < to) then
        got = got + 1
        found[#found + 1] = id
        found[#found + 1] = packed
        found[#found + 1] = call('GET', G .. 'b:' .. id)
        found[#found + 1] = shapeText(recordFrom(packed)[4])
      end
      found[1] = seq
    end
  end
  visits = visits - 1
end

local dir = G .. 'd:' .. rarest
local start
if after >= 0 then start = math.floor(after / CHUNK) end
local offset = 0
while true do
  local chunks
  if newest then
    chunks = call('ZREVRANGEBYSCORE', dir, start or '+inf', '-inf', 'LIMIT', offset, 64)
  else
    chunks = call('ZRANGEBYSCORE', dir, start or '-inf', '+inf', 'LIMIT', offset, 64)
  end
  for _, chunk in ipairs(chunks) do
    chunk = tonumber(chunk)
    if look(chunk) then return found end
    if visits <= 0 then
      found[1] = newest and chunk * CHUNK or chunk * CHUNK + CHUNK - 1
      return found
    end
  end
  if #chunks < 64 then
    found[1] = -1
    return found
  end
  offset = offset + 64
end
