-- Index: keeps all that actors are found by in step with their records.
-- What a batch changes is gathered here and written once at its end, by key instead of by actor: a key that many
-- actors share costs one call. Whoever changes the index calls `writeIndex` last. Within a script nothing reads it.
local tallied, waiting, counts, labelled, dues, names, shapeUses = {}, {}, {}, {}, {}, {}, {}
local expiries = { come = {}, gone = {} }

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

local function setName(seq, id) of(names, math.floor(seq / BUCKET))[string.format('%d', seq % BUCKET)] = id end

local function useShape(shape, by)
  if type(shape) == 'number' then shapeUses[shape] = (shapeUses[shape] or 0) + by end
end

-- The label that every actor of a kind carries.
local EVERY = { '' }

-- `there`: whether the actor carries these labels from now on.
local function setLabels(kind, labels, seq, there)
  local all, chunk, rest = of(labelled, kind), math.floor(seq / CHUNK), string.format('%d', seq % CHUNK)
  for _, label in ipairs(labels) do of(of(all, label), chunk)[rest] = there end
end

local function without(labels, others)
  local other, left = {}, {}
  for _, label in ipairs(others) do other[label] = true end
  for _, label in ipairs(labels) do
    if not other[label] then left[#left + 1] = label end
  end
  return left
end

local moves = {}

-- Most labels stay when an actor moves from one shape to another; many move between the same two.
local function moveLabels(kind, before, after, seq)
  local move = of(of(moves, before), after)
  if not move.gone then
    move.gone, move.come = without(before[4], after[4]), without(after[4], before[4])
  end
  setLabels(kind, move.gone, seq, false)
  setLabels(kind, move.come, seq, true)
end

-- `by`: how many actors of a kind have a shape's tally more.
local function setTally(kind, shape, by)
  local shapes = of(tallied, kind)
  shapes[shape] = (shapes[shape] or 0) + by
end

-- Gathers that a serial comes to a time, or leaves the one it had. What came within this batch was never written.
local function setTime(times, seq, time, there)
  local come = times.come
  if there then
    come[seq] = time
  elseif come[seq] then
    come[seq] = nil
  else
    times.gone[seq] = time
  end
end

local function timesOf(places, place)
  local times = places[place]
  if not times then
    times = { come = {}, gone = {} }
    places[place] = times
  end
  return times
end

-- `there`: whether the actor is in this place of the due index from now on.
local function setDue(shard, wake, shape, seq, there)
  if wake < 0 then return end
  if not shape.place then shape.place, shape.hasKey = shape[2] .. ':' .. shape[1], hasKey(shape[1]) end
  local places = of(dues, shard)
  setTime(timesOf(places, shape.place), seq, wake, there)
  if shape.hasKey then setTime(timesOf(places, '0:'), seq, wake, there) end
  waiting[shape] = (waiting[shape] or 0) + (there and 1 or -1)
end

-- `there`: whether the actor expires then from now on; a time below 0 is never.
local function setExpiry(seq, expire, there)
  if expire >= 0 then setTime(expiries, seq, expire, there) end
end

local function writeCounts()
  for kind, shapes in pairs(tallied) do
    for shape, by in pairs(shapes) do count(G .. 't:' .. kind, shape[3], by) end
  end
  for shape, by in pairs(waiting) do
    count(G .. (shape.hasKey and 'keyed' or 'lanes'), shape[1], by)
    count(G .. 'r:' .. shape[1], shape[2], by)
  end
  for key, fields in pairs(counts) do
    for field, by in pairs(fields) do
      if by ~= 0 and call('HINCRBY', key, field, by) <= 0 then call('HDEL', key, field) end
    end
  end
  for shape, by in pairs(shapeUses) do
    -- One that came and went within this batch counts 0 too.
    if call('HINCRBY', G .. 'kn', shape, by) <= 0 then
      local text = call('HGET', G .. 'k', shape)
      if text then call('HDEL', G .. 'ki', text) end
      call('HDEL', G .. 'k', shape)
      call('HDEL', G .. 'kn', shape)
    end
  end
end
