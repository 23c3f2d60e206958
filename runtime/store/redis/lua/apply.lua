-- Apply: one batch of writes, each on its own (S1 to S6), what a transition carries with it (S8).
-- ARGV[1]: packed {shapes, writes}; a write names its shape by its place. Answers two numbers for each write.
-- Cost: about 2 calls an insert, 3 a transition, and those of the keys that they share.
local APPLIED, EXISTS, FENCED, CONFLICT, MISSING = 1, 2, 3, 4, 5
local BODY_INLINE_MAX = 1024
-- A shape gets a number when a batch brings it so often; of rarer ones one in SHAPE_CHANCE does.
local SHAPE_USES_MIN, SHAPE_CHANCE = 8, 16
local batch = cmsgpack.unpack(ARGV[1])
local shapes, kept = batch[1], {}
local answers, epochs = {}, {}
local last = tonumber(call('GET', G .. 'seq') or 0)
local first = last

local function answer(kind, detail)
  answers[#answers + 1] = kind
  answers[#answers + 1] = detail or 0
end

local function epochOf(shard)
  local epoch = epochs[shard]
  if not epoch then
    local fence = call('HGET', G .. 'f', shard)
    epoch = fence and cmsgpack.unpack(fence)[1] or 0
    epochs[shard] = epoch
  end
  return epoch
end

-- What a record keeps of a shape: its number, or the shape itself when it is too rare to have one.
local function keptOf(at, seq)
  local shape = shapes[at]
  if kept[at] then return kept[at] end
  local own = { shape[1], shape[2], shape[3], shape[4] }
  local text = cmsgpack.pack(own)
  local number = call('HGET', G .. 'ki', text)
  if not number and (shape[5] >= SHAPE_USES_MIN or seq % SHAPE_CHANCE == 0) then
    number = call('INCR', G .. 'kseq')
    call('HSET', G .. 'ki', text, number)
    call('HSET', G .. 'k', number, text)
  end
  kept[at] = tonumber(number) or own
  return kept[at]
end

local function afterOf(wake, created) return wake >= 0 and wake - created end

local function keepBody(id, body)
  if #body <= BODY_INLINE_MAX then return body end
  call('SET', G .. 'b:' .. id, body)
  return false
end

-- Brings an actor into being, unless its id exists.
local function create(w)
  local id, shard, kind, created, head, body, wake, expire, at = w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10]
  local seq, shape = last + 1, shapes[at]
  local key = G .. 'a:' .. id
  if call('EXISTS', key) == 1 then return EXISTS end
  last = seq
  local inline = keepBody(id, body)
  local keep = keptOf(at, seq)
  call('SET', key, cmsgpack.pack({ seq, 1, kind, created, shard, afterOf(wake, created), expire, keep, head, inline }))
  setName(seq, id)
  setLabel(kind, '', seq, true)
  for _, label in ipairs(shape[4]) do setLabel(kind, label, seq, true) end
  setDue(shard, wake, shape, seq, true)
  if expire >= 0 then setExpiry(seq, expire) end
  count(G .. 't:' .. kind, shape[3], 1)
  useShape(keep, 1)
  return APPLIED
end

local function insert(w) answer(create(w)) end

local function addLines(id, stream, lines, linesMax)
  local key = G .. 'j:' .. id .. ':' .. stream
  for _, line in ipairs(lines) do call('RPUSH', key, line) end
  call('LTRIM', key, -linesMax, -1)
  call('HINCRBY', G .. 'n:' .. id, stream, #lines)
end

-- What goes with a transition that was applied; the body that its record keeps from now on.
local function carry(id, carried, inline)
  local body, inserts, stream, lines, linesMax = carried[1], carried[2], carried[3], carried[4], carried[5]
  if body then
    call('DEL', G .. 'b:' .. id)
    inline = keepBody(id, body)
  end
  for _, w in ipairs(inserts) do create(w) end
  if stream then addLines(id, stream, lines, linesMax) end
  return inline
end

local function transition(w)
  local id, shard, epoch, expected, head, wake, expire, at = w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]
  local stored = epochOf(shard)
  if stored ~= epoch then return answer(FENCED, stored) end
  local record = recordOf(id)
  if not record then return answer(MISSING) end
  if record[2] ~= expected then return answer(CONFLICT, record[2]) end
  local seq, kind, before, shape = record[1], record[3], shapeOf(record[8]), shapes[at]
  for _, label in ipairs(before[4]) do setLabel(kind, label, seq, false) end
  for _, label in ipairs(shape[4]) do setLabel(kind, label, seq, true) end
  setDue(shard, wakeOf(record), before, seq, false)
  setDue(shard, wake, shape, seq, true)
  if record[7] ~= expire then setExpiry(seq, expire) end
  count(G .. 't:' .. kind, before[3], -1)
  count(G .. 't:' .. kind, shape[3], 1)
  local keep = keptOf(at, seq)
  useShape(record[8], -1)
  useShape(keep, 1)
  local inline = record[10]
  if w[10] then inline = carry(id, w[10], inline) end
  local moved = { seq, expected + 1, kind, record[4], shard, afterOf(wake, record[4]), expire, keep, head, inline }
  call('SET', G .. 'a:' .. id, cmsgpack.pack(moved))
  answer(APPLIED)
end

local function append(w)
  local id, shard, epoch, stream, lines, linesMax = w[2], w[3], w[4], w[5], w[6], w[7]
  local stored = epochOf(shard)
  if stored ~= epoch then return answer(FENCED, stored) end
  if call('EXISTS', G .. 'a:' .. id) == 0 then return answer(MISSING) end
  addLines(id, stream, lines, linesMax)
  answer(APPLIED)
end

local kinds = { insert, transition, append }
for _, write in ipairs(batch[2]) do kinds[write[1]](write) end
if last > first then call('SET', G .. 'seq', last) end
writeIndex()
return answers
