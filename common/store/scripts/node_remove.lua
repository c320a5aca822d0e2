-- A chat-server has no member of a conversation connected any more.
-- KEYS  conversation
-- ARGV  node
-- include lib/nodes.lua
local nodes = redis.call('HGET', KEYS[1], 'nodes')
if nodes then redis.call('HSET', KEYS[1], 'nodes', without(nodes, ARGV[1])) end
return {'ok'}
