-- Expired: when the first ARGV[2] actors expire of those that do so at or before ARGV[1].
local _, times = readTimes('x', 0, ARGV[1], tonumber(ARGV[2]), -1)
return times
