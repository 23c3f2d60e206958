-- Journal: lines of ARGV[2] of actor ARGV[1] after number ARGV[3], at most ARGV[4]. Answers the number of the first,
-- then the lines.
local key = G .. 'j:' .. ARGV[1] .. ':' .. ARGV[2]
local total = tonumber(call('HGET', G .. 'n:' .. ARGV[1], ARGV[2]) or 0)
local firstKept = total - call('LLEN', key) + 1
local firstWanted = math.max(firstKept, tonumber(ARGV[3]) + 1)
local at = firstWanted - firstKept
local lines = call('LRANGE', key, at, at + tonumber(ARGV[4]) - 1)
table.insert(lines, 1, firstWanted)
return lines
