-- Apply: one batch of writes, each on its own (S1 to S6). ARGV[1]: packed writes. Answers two numbers for each.
-- Cost: about 8 calls an insert, 10 a transition.
local APPLIED, EXISTS, FENCED, CONFLICT, MISSING = 1, 2, 3, 4, 5
local BODY_INLINE_MAX = 1024
local answers = {}
local epochs = {}

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

local function insert(w)
  local id, shard, kind, created, head, body = w[2], w[3], w[4], w[5], w[6], w[7]
  local wake, lane, rank, expire, tally, labels = w[8], w[9], w[10], w[11], w[12], w[13]
  local key = G .. 'a:' .. id
  if call('EXISTS', key) == 1 then return answer(EXISTS) end
  local seq = call('INCR', G .. 'seq')
  local inline = body
  if #body > BODY_INLINE_MAX then
    call('SET', G .. 'b:' .. id, body)
    inline = false
  end
  local record = { seq, 1, kind, created, shard, wake, lane, rank, expire, tally, labels, head, inline }
  call('SET', key, cmsgpack.pack(record))
  call('HSET', G .. 's:' .. math.floor(seq / BUCKET), seq % BUCKET, id)
  addLabel(kind, '', seq)
  for _, label in ipairs(labels) do addLabel(kind, label, seq) end
  addDue(shard, wake, lane, rank, seq)
  if expire >= 0 then call('ZADD', G .. 'x', expire, member(seq)) end
  count(G .. 't:' .. kind, tally, 1)
  answer(APPLIED)
end

local function relabel(record, labels)
  local had = {}
  for _, label in ipairs(record[11]) do had[label] = true end
  for _, label in ipairs(labels) do
    if had[label] then had[label] = nil else addLabel(record[3], label, record[1]) end
  end
  for label in pairs(had) do dropLabel(record[3], label, record[1]) end
end

local function transition(w)
  local id, shard, epoch, expected, head = w[2], w[3], w[4], w[5], w[6]
  local wake, lane, rank, expire, tally, labels = w[7], w[8], w[9], w[10], w[11], w[12]
  local stored = epochOf(shard)
  if stored ~= epoch then return answer(FENCED, stored) end
  local record = recordOf(id)
  if not record then return answer(MISSING) end
  if record[2] ~= expected then return answer(CONFLICT, record[2]) end
  local seq, kind = record[1], record[3]
  relabel(record, labels)
  if record[6] ~= wake or record[7] ~= lane or record[8] ~= rank then
    dropDue(shard, record[6], record[7], record[8], seq)
    addDue(shard, wake, lane, rank, seq)
  end
  if record[9] ~= expire then
    if expire >= 0 then call('ZADD', G .. 'x', expire, member(seq)) else call('ZREM', G .. 'x', member(seq)) end
  end
  if record[10] ~= tally then
    count(G .. 't:' .. kind, record[10], -1)
    count(G .. 't:' .. kind, tally, 1)
  end
  local moved = { seq, expected + 1, kind, record[4], shard, wake, lane, rank, expire, tally, labels, head, record[13] }
  call('SET', G .. 'a:' .. id, cmsgpack.pack(moved))
  answer(APPLIED)
end

local function append(w)
  local id, shard, epoch, stream, lines, linesMax = w[2], w[3], w[4], w[5], w[6], w[7]
  local stored = epochOf(shard)
  if stored ~= epoch then return answer(FENCED, stored) end
  if call('EXISTS', G .. 'a:' .. id) == 0 then return answer(MISSING) end
  local key = G .. 'j:' .. id .. ':' .. stream
  for _, line in ipairs(lines) do call('RPUSH', key, line) end
  call('LTRIM', key, -linesMax, -1)
  call('HINCRBY', G .. 'n:' .. id, stream, #lines)
  answer(APPLIED)
end

local kinds = { insert, transition, append }
for _, write in ipairs(cmsgpack.unpack(ARGV[1])) do kinds[write[1]](write) end
writeCounts()
return answers
