-- Apply: one batch of writes, each on its own (S1 to S6), what a transition carries with it (S8). ARGV[1]: packed
-- {shapes, writes, tables}; a write names its shape by its place, and an insert the least serial it may get. Answers
-- two numbers for each write, then the highest serial, then the number and the text of each shape used that has one.
-- `tables`: false, or what was prepared, as the index gathers it, and fences; then ARGV[2] is a number of shapes, whose
-- numbers and texts follow, then the records: sizes in SIZES, then id, start and new record of each. What was prepared is applied as a whole (PL1)
-- or makes the answer 0, and nothing is done.
-- Cost: about 2 calls an insert, 3 a transition, 2 one that was prepared, and those of the keys that they share.
local APPLIED, EXISTS, FENCED, CONFLICT, MISSING = 1, 2, 3, 4, 5
local BODY_INLINE_MAX, SIZES = 1024, '>I2I1I4'
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

-- Reads the epochs of many shards in one call.
local function readEpochs(fences)
  local shards, names = {}, {}
  for shard in pairs(fences) do
    shards[#shards + 1] = shard
    names[#names + 1] = tostring(shard)
  end
  for at, fence in ipairs(call('HMGET', G .. 'f', unpack(names))) do
    epochs[shards[at]] = fence and cmsgpack.unpack(fence)[1] or 0
  end
end

-- Whether a number stands for a shape, or may do so again: nobody may use it any more, and numbers are not given twice.
local function isShape(number, text)
  local stored = call('HGET', G .. 'k', number)
  if stored then return stored == text end
  return tonumber(number) <= tonumber(call('GET', G .. 'kseq') or 0) and call('HEXISTS', G .. 'ki', text) == 0
end

-- Applies what was prepared; false when it was made for another state than the present one.
local function applyPrepared(tables)
  readEpochs(tables.fences)
  for shard, epoch in pairs(tables.fences) do
    if epochs[shard] ~= epoch then return false end
  end
  local records = 3 + 2 * ARGV[2]
  local keys, texts = {}, {}
  local packed, at = ARGV[records], 1
  while at <= #packed do
    local idSize, startSize, size, behind = struct.unpack(SIZES, packed, at)
    local key = G .. 'a:' .. string.sub(packed, behind, behind + idSize - 1)
    local start = string.sub(packed, behind + idSize, behind + idSize + startSize - 1)
    if call('GETRANGE', key, 0, startSize - 1) ~= start then return false end
    at = behind + idSize + startSize + size
    keys[#keys + 1], texts[#texts + 1] = key, string.sub(packed, at - size, at - 1)
  end
  for at = 3, records - 1, 2 do
    if not isShape(ARGV[at], ARGV[at + 1]) then return false end
  end
  for at = 3, records - 1, 2 do
    if call('HSETNX', G .. 'k', ARGV[at], ARGV[at + 1]) == 1 then call('HSET', G .. 'ki', ARGV[at + 1], ARGV[at]) end
  end
  for number, key in ipairs(keys) do call('SET', key, texts[number]) end
  labelled, dues, expiries = tables.labels, tables.dues, tables.expiries
  counts, shapeUses = tables.counts, tables.shapeUses
  return true
end

-- What a record keeps of a shape: its number, or the shape itself when it is too rare to have one.
local function keptOf(kind, at, seq)
  local known = of(kept, kind)
  if known[at] then return known[at] end
  local shape = shapes[at]
  local own = { shape[1], shape[2], shape[3], shape[4], kind }
  local text = cmsgpack.pack(own)
  local number = call('HGET', G .. 'ki', text)
  if not number and (shape[5] >= SHAPE_USES_MIN or seq % SHAPE_CHANCE == 0) then
    number = call('INCR', G .. 'kseq')
    call('HSET', G .. 'ki', text, number)
    call('HSET', G .. 'k', number, text)
  end
  known[at] = tonumber(number) or own
  return known[at]
end

local function packed(seq, created, shard, rest)
  return struct.pack(HEADER, seq, created, shard) .. cmsgpack.pack(rest)
end

local function afterOf(wake, created) return wake >= 0 and wake - created end

-- Brings an actor into being, unless its id exists.
local function create(w)
  local id, shard, kind, created, head, body, wake, expire, at = w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10]
  local seq, shape = math.max(last + 1, w[11]), shapes[at]
  local keep, long = keptOf(kind, at, seq), #body > BODY_INLINE_MAX
  local rest = { 1, afterOf(wake, created), expire, keep, head, not long and body }
  if not call('SET', G .. 'a:' .. id, packed(seq, created, shard, rest), 'NX') then
    useShape(keep, 0) -- Its number may be new, and unused.
    return EXISTS
  end
  last = seq
  if long then call('SET', G .. 'b:' .. id, body) end
  setName(seq, id)
  setLabels(kind, EVERY, seq, true)
  setLabels(kind, shape[4], seq, true)
  setDue(shard, wake, shape, seq, true)
  setExpiry(seq, expire, true)
  setTally(kind, shape, 1)
  useShape(keep, 1)
  return APPLIED, seq
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
    local long = #body > BODY_INLINE_MAX
    if long then call('SET', G .. 'b:' .. id, body) else call('DEL', G .. 'b:' .. id) end
    inline = not long and body
  end
  for _, w in ipairs(inserts) do create(w) end
  if stream then addLines(id, stream, lines, linesMax) end
  return inline
end

local function transition(w)
  local id, shard, epoch, expected, head, wake, expire, at = w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]
  local stored = epochOf(shard)
  if stored ~= epoch then return answer(FENCED, stored) end
  local record, seq, created = recordOf(id)
  if not record then return answer(MISSING) end
  if record[1] ~= expected then return answer(CONFLICT, record[1]) end
  local before, shape = shapeOf(record[4]), shapes[at]
  local kind = before[5]
  moveLabels(kind, before, shape, seq)
  setDue(shard, wakeOf(record, created), before, seq, false)
  setDue(shard, wake, shape, seq, true)
  setExpiry(seq, record[3], false)
  setExpiry(seq, expire, true)
  setTally(kind, before, -1)
  setTally(kind, shape, 1)
  local keep = keptOf(kind, at, seq)
  useShape(record[4], -1)
  useShape(keep, 1)
  local inline = record[6]
  if w[10] then inline = carry(id, w[10], inline) end
  local rest = { expected + 1, afterOf(wake, created), expire, keep, head, inline }
  call('SET', G .. 'a:' .. id, packed(seq, created, shard, rest))
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

if batch[3] and not applyPrepared(batch[3]) then return 0 end
local kinds = { insert, transition, append }
for _, write in ipairs(batch[2]) do kinds[write[1]](write) end
if last > first then call('SET', G .. 'seq', last) end
writeIndex()
answers[#answers + 1] = last
for _, known in pairs(kept) do
  for _, shape in pairs(known) do
    if type(shape) == 'number' then
      answers[#answers + 1] = shape
      answers[#answers + 1] = shapeText(shape)
    end
  end
end
return answers
