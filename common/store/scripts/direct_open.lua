-- Makes the direct conversation of two users (or of one with oneself) when there is none. Both users' lists
-- name it already (user_join.lua); it has no record yet, so its first message has seq 1.
-- KEYS  conversation, members
-- ARGV  user, peer, time
-- Returns {"created"} or {"exists"}.
if redis.call('HSETNX', KEYS[1], 'kind', 'direct') == 0 then return {'exists'} end
redis.call('HSET', KEYS[1], 'created', ARGV[3], 'seq', '0')
redis.call('HSET', KEYS[2], ARGV[1], 'member', ARGV[2], 'member')
return {'created'}
