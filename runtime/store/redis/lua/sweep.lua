-- Sweep: deletes up to ARGV[2] actors that expire at or before ARGV[1], with all that belongs to them; tells how many.
local expired = call('ZRANGEBYSCORE', G .. 'x', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, name in ipairs(expired) do
  local seq = tonumber(name)
  local id = idOf(seq)
  local record = recordOf(id)
  local kind, shape = record[3], shapeOf(record[8])
  for _, label in ipairs(shape[4]) do setLabel(kind, label, seq, false) end
  setLabel(kind, '', seq, false)
  setDue(record[5], wakeOf(record), shape, seq, false)
  setExpiry(seq, -1)
  count(G .. 't:' .. kind, shape[3], -1)
  useShape(record[8], -1)
  for _, stream in ipairs(call('HKEYS', G .. 'n:' .. id)) do call('DEL', G .. 'j:' .. id .. ':' .. stream) end
  call('DEL', G .. 'a:' .. id, G .. 'b:' .. id, G .. 'n:' .. id)
  call('HDEL', G .. 's:' .. math.floor(seq / BUCKET), seq % BUCKET)
end
writeIndex()
return #expired
