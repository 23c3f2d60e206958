-- Sweep: deletes up to ARGV[2] actors that expire at or before ARGV[1], with all that belongs to them; tells how many.
local expired = readTimes('x', 0, ARGV[1], tonumber(ARGV[2]), -1)
for _, seq in ipairs(expired) do
  local id = idOf(seq)
  local record, _, created, shard = recordOf(id)
  local shape = shapeOf(record[4])
  setLabels(shape[5], shape[4], seq, false)
  setLabels(shape[5], EVERY, seq, false)
  setDue(shard, wakeOf(record, created), shape, seq, false)
  setExpiry(seq, record[3], false)
  setTally(shape[5], shape, -1)
  useShape(record[4], -1)
  for _, stream in ipairs(call('HKEYS', G .. 'n:' .. id)) do call('DEL', G .. 'j:' .. id .. ':' .. stream) end
  call('DEL', G .. 'a:' .. id, G .. 'b:' .. id, G .. 'n:' .. id)
  call('HDEL', G .. 's:' .. math.floor(seq / BUCKET), seq % BUCKET)
end
writeIndex()
return #expired
