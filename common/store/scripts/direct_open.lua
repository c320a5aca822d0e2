-- Makes the direct conversation of two users (or of one with oneself) when there is none. Both users' lists
-- name it already (user_join.lua); it has no record yet, so its first message has seq 1.
-- KEYS  conversation, members
-- ARGV  user, peer, time
-- Returns {"created"}, {"exists"}, or {"blocked"}: there is none, and one of the two blocks the other.
local meta = redis.call('HMGET', KEYS[1], 'kind', 'blocked')
if meta[1] then return {'exists'} end
if meta[2] then return {'blocked'} end
redis.call('HSET', KEYS[1], 'kind', 'direct', 'created', ARGV[3], 'seq', '0',
  'read:' .. ARGV[1], '0', 'read:' .. ARGV[2], '0')
redis.call('HSET', KEYS[2], ARGV[1], 'member', ARGV[2], 'member')
return {'created'}
