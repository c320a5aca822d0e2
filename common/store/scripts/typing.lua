-- A member is typing, or not any more: tells the conversation's other servers. Nothing is stored.
-- KEYS  conversation
-- ARGV  user, node of the caller, "1" | "0"
-- Returns {"ok"}, {"not_found"}, or {"blocked"}: of the two of a direct conversation one blocks the other.
-- include lib/nodes.lua
local at = redis.call('HMGET', KEYS[1], 'read:' .. ARGV[1], 'nodes', 'blocked')
if not at[1] then return {'not_found'} end
if at[3] then return {'blocked'} end
ring(KEYS[1], at[2], ARGV[2], 'T ' .. string.match(KEYS[1], '{(.*)}') .. ' ' .. ARGV[1] .. ' ' .. ARGV[3])
return {'ok'}
