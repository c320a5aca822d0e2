-- Moves a member's read or received marker forward, and tells the conversation's servers; while one of the two of a
-- direct conversation blocks the other, for the member's own devices only. What was read has been received too.
-- KEYS  conversation
-- ARGV  user, "read" | "received", seq
-- Returns {"moved"}, {"same"}, {"not_found"}, {"invalid_field"} (past the last seq).
-- include lib/nodes.lua
local user, seq = ARGV[1], tonumber(ARGV[3])
local at = redis.call('HMGET', KEYS[1], 'seq', 'read:' .. user, 'received:' .. user, 'nodes', 'blocked')
if not at[2] then return {'not_found'} end
if seq > tonumber(at[1]) then return {'invalid_field'} end

local moved = {}
local function forward(marker, old)
  if seq <= tonumber(old or '0') then return '-' end
  moved[#moved + 1] = marker .. ':' .. user
  moved[#moved + 1] = ARGV[3]
  return ARGV[3]
end
local received = forward('received', at[3])
local read = ARGV[2] == 'read' and forward('read', at[2]) or '-'
if #moved == 0 then return {'same'} end
redis.call('HSET', KEYS[1], unpack(moved))
local kind = at[5] and 'O ' or 'R '
ring(KEYS[1], at[4], '', kind .. string.match(KEYS[1], '{(.*)}') .. ' ' .. user .. ' ' .. read .. ' ' .. received)
return {'moved'}
