-- Moves a member's read or received marker forward, and tells the conversation's servers. What was read has
-- been received too.
-- KEYS  conversation, members, read, received, nodes
-- ARGV  user, "read" | "received", seq
-- Returns {"moved"}, {"same"}, {"not_found"}, {"invalid_field"} (past the last seq).
-- include lib/ring.lua
local user, seq = ARGV[1], tonumber(ARGV[3])
if redis.call('HEXISTS', KEYS[2], user) == 0 then return {'not_found'} end
if seq > tonumber(redis.call('HGET', KEYS[1], 'seq')) then return {'invalid_field'} end
local function forward(key)
  if seq <= tonumber(redis.call('HGET', key, user) or '0') then return '-' end
  redis.call('HSET', key, user, ARGV[3])
  return ARGV[3]
end
local received = forward(KEYS[4])
local read = ARGV[2] == 'read' and forward(KEYS[3]) or '-'
if read == '-' and received == '-' then return {'same'} end
ring(KEYS[5], '', 'R ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. user .. ' ' .. read .. ' ' .. received)
return {'moved'}
