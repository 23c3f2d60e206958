-- Load: the records of the ids in ARGV, each followed by its body where that is kept apart.
local found = {}
for _, id in ipairs(ARGV) do
  local packed = call('GET', G .. 'a:' .. id)
  found[#found + 1] = packed
  found[#found + 1] = packed and call('GET', G .. 'b:' .. id)
end
return found
