-- Load: the records of the ids in ARGV, each followed by its body and its shape where those are kept apart.
local found = {}
for _, id in ipairs(ARGV) do
  local packed = call('GET', G .. 'a:' .. id)
  found[#found + 1] = packed
  found[#found + 1] = packed and call('GET', G .. 'b:' .. id)
  found[#found + 1] = packed and shapeText(recordFrom(packed)[4])
end
return found
