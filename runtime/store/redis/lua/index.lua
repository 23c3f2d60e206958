-- Index: keeps all that actors are found by in step with their records.
-- What a batch changes is gathered here and written once at its end, by key instead of by actor: a key that many
-- actors share costs one call. Whoever changes the index calls `writeIndex` last. Within a script nothing reads it.
local counts, labelled, dues, expiries, names, shapeUses = {}, {}, {}, {}, {}, {}

local function of(all, key)
  local part = all[key]
  if not part then
    part = {}
    all[key] = part
  end
  return part
end

local function count(key, field, by)
  local fields = of(counts, key)
  fields[field] = (fields[field] or 0) + by
end

local function setName(seq, id) of(names, math.floor(seq / BUCKET))[seq % BUCKET] = id end

local function useShape(shape, by)
  if type(shape) == 'number' then shapeUses[shape] = (shapeUses[shape] or 0) + by end
end

-- `there`: whether the actor carries the label from now on.
local function setLabel(kind, label, seq, there)
  of(of(labelled, kind .. '\n' .. label), math.floor(seq / CHUNK))[seq % CHUNK] = there
end

-- `there`: whether the actor is in this place of the due index from now on.
local function setDue(shard, wake, shape, seq, there)
  if wake < 0 then return end
  local lane, rank, by = shape[1], shape[2], there and 1 or -1
  of(of(dues, shard), rank .. ':' .. lane)[seq] = there and wake
  count(G .. 'lanes', lane, by)
  count(G .. 'r:' .. lane, rank, by)
end

-- `expire`: below 0 for never.
local function setExpiry(seq, expire) expiries[seq] = expire end

local function writeCounts()
  for key, fields in pairs(counts) do
    for field, by in pairs(fields) do
      if by ~= 0 and call('HINCRBY', key, field, by) <= 0 then call('HDEL', key, field) end
    end
  end
  for shape, by in pairs(shapeUses) do
    -- One that came and went within this batch counts 0 too.
    if call('HINCRBY', G .. 'kn', shape, by) <= 0 then
      call('HDEL', G .. 'ki', call('HGET', G .. 'k', shape))
      call('HDEL', G .. 'k', shape)
      call('HDEL', G .. 'kn', shape)
    end
  end
end
