-- A member is typing, or not any more: tells the conversation's other servers. Nothing is stored.
-- KEYS  conversation, members, nodes
-- ARGV  user, node of the caller, "1" | "0"
-- Returns {"ok"}, {"not_found"}, or {"blocked"}: of the two of a direct conversation one blocks the other.
-- include lib/ring.lua
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return {'not_found'} end
if redis.call('HEXISTS', KEYS[1], 'blocked') == 1 then return {'blocked'} end
ring(KEYS[3], ARGV[2], 'T ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. ARGV[1] .. ' ' .. ARGV[3])
return {'ok'}
