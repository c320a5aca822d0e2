-- Moves a member's read or received marker forward, and tells the conversation's servers; while one of the two of a
-- direct conversation blocks the other, for the member's own devices only. What was read has been received too.
-- KEYS  conversation, members, read, received, nodes
-- ARGV  user, "read" | "received", seq
-- Returns {"moved"}, {"same"}, {"not_found"}, {"invalid_field"} (past the last seq).
-- include lib/ring.lua
local user, seq = ARGV[1], tonumber(ARGV[3])
if redis.call('HEXISTS', KEYS[2], user) == 0 then return {'not_found'} end
local meta = redis.call('HMGET', KEYS[1], 'seq', 'blocked')
if seq > tonumber(meta[1]) then return {'invalid_field'} end
local function forward(key)
  if seq <= tonumber(redis.call('HGET', key, user) or '0') then return '-' end
  redis.call('HSET', key, user, ARGV[3])
  return ARGV[3]
end
local received = forward(KEYS[4])
local read = ARGV[2] == 'read' and forward(KEYS[3]) or '-'
if read == '-' and received == '-' then return {'same'} end
local kind = meta[2] and 'O ' or 'R '
ring(KEYS[5], '', kind .. string.match(KEYS[1], '{(.*)}') .. ' ' .. user .. ' ' .. read .. ' ' .. received)
return {'moved'}
