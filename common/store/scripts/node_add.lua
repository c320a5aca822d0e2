-- A chat-server has a member of a conversation connected, and wants its bells.
-- KEYS  conversation
-- ARGV  node
-- include lib/nodes.lua
local at = redis.call('HMGET', KEYS[1], 'kind', 'nodes')
if at[1] then register(KEYS[1], at[2], ARGV[1]) end
return {'ok'}
