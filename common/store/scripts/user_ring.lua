-- Rings the chat-servers where a user is connected, and forgets those that nobody listens for any more (lib/nodes.lua).
-- KEYS  nodes of the user
-- ARGV  bell (store/bell.h)
for _, node in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('PUBLISH', 'node:' .. node, ARGV[1]) == 0 then redis.call('SREM', KEYS[1], node) end
end
return {'ok'}
