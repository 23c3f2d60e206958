-- Sessions: who lives, and who may write where. ARGV: what, then its arguments. See runtime/store/ownership.ts.
local LISTED_MS = 600000
local what, node, boot = ARGV[1], ARGV[2], ARGV[3]
local now = nowMs()

local function sessionOf(name)
  local packed = call('HGET', G .. 'e', name)
  return packed and cmsgpack.unpack(packed)
end

local function lives(name, start)
  local session = sessionOf(name)
  return session and session[1] == start and session[2] > now
end

local function fenceOf(shard)
  local packed = call('HGET', G .. 'f', shard)
  return packed and cmsgpack.unpack(packed) or { 0, false, false, false, 0 }
end

local function setFence(shard, fence)
  call('HSET', G .. 'f', shard, cmsgpack.pack(fence))
end

-- `successor`: false, or the node for whom the shard is reserved until `till`.
local function release(shard, successor, till)
  local fence = fenceOf(shard)
  if fence[2] ~= node or fence[3] ~= boot then return end
  setFence(shard, { fence[1], false, false, successor, till })
end

if what == 'renew' then
  local ttl, opening = tonumber(ARGV[4]), ARGV[5] == '1'
  if not opening and not lives(node, boot) then
    local session = sessionOf(node)
    return { session and session[1] ~= boot and 2 or 0, tostring(now) }
  end
  if opening then
    local all = call('HGETALL', G .. 'e')
    for at = 1, #all, 2 do
      if cmsgpack.unpack(all[at + 1])[2] + LISTED_MS <= now then call('HDEL', G .. 'e', all[at]) end
    end
  end
  call('HSET', G .. 'e', node, cmsgpack.pack({ boot, now + ttl }))
  return { 1, tostring(now) }
elseif what == 'leave' then
  local session = sessionOf(node)
  if session and session[1] == boot then call('HDEL', G .. 'e', node) end
  for _, shard in ipairs(call('HKEYS', G .. 'f')) do release(shard, false, 0) end
  return 1
elseif what == 'release' then
  local successor = ARGV[4] ~= '' and ARGV[4]
  local till = successor and now + tonumber(ARGV[5]) or 0
  for at = 6, #ARGV do release(ARGV[at], successor, till) end
  return 1
elseif what == 'acquire' then
  local outcomes = {}
  for at = 4, #ARGV do
    local fence = fenceOf(ARGV[at])
    local mine = fence[2] == node and fence[3] == boot
    local owned = fence[2] and not mine and lives(fence[2], fence[3])
    local reserved = fence[4] and fence[4] ~= node and fence[5] > now
    if owned or reserved then
      table.insert(fence, 1, 0)
      outcomes[#outcomes + 1] = cmsgpack.pack(fence)
    else
      local taken = { fence[1] + 1, node, boot, false, 0 }
      setFence(ARGV[at], taken)
      table.insert(taken, 1, 1)
      outcomes[#outcomes + 1] = cmsgpack.pack(taken)
    end
  end
  return outcomes
end
local all = call('HGETALL', G .. 'e')
local listed = { tostring(now) }
for at = 1, #all, 2 do
  local session = cmsgpack.unpack(all[at + 1])
  if session[2] + LISTED_MS > now then
    listed[#listed + 1] = all[at]
    listed[#listed + 1] = session[1]
    listed[#listed + 1] = tostring(session[2])
  end
end
return listed
