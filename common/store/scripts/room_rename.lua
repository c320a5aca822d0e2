-- Renames a room: its owners and admins may.
-- KEYS  conversation, members
-- ARGV  actor, name
-- Returns {"ok"}, {"not_found"} (the actor is no member), {"forbidden"}.
-- include lib/nodes.lua
local role = redis.call('HGET', KEYS[2], ARGV[1])
if not role then return {'not_found'} end
if redis.call('HGET', KEYS[1], 'kind') ~= 'room' or role == 'member' then return {'forbidden'} end
redis.call('HSET', KEYS[1], 'name', ARGV[2])
ring(KEYS[1], redis.call('HGET', KEYS[1], 'nodes'), '', 'C ' .. string.match(KEYS[1], '{(.*)}'))
return {'ok'}
