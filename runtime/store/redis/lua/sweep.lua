-- Sweep: deletes up to ARGV[2] actors that expire at or before ARGV[1], with all that belongs to them; tells how many.
local expired = call('ZRANGEBYSCORE', G .. 'x', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, name in ipairs(expired) do
  local seq = tonumber(name)
  local id = idOf(seq)
  local record = recordOf(id)
  for _, label in ipairs(record[11]) do dropLabel(record[3], label, seq) end
  dropLabel(record[3], '', seq)
  dropDue(record[5], record[6], record[7], record[8], seq)
  count(G .. 't:' .. record[3], record[10], -1)
  for _, stream in ipairs(call('HKEYS', G .. 'n:' .. id)) do call('DEL', G .. 'j:' .. id .. ':' .. stream) end
  call('DEL', G .. 'a:' .. id, G .. 'b:' .. id, G .. 'n:' .. id)
  call('HDEL', G .. 's:' .. math.floor(seq / BUCKET), seq % BUCKET)
  call('ZREM', G .. 'x', name)
end
writeCounts()
return #expired
