-- A server says that it is alive, and how it is. Those of its kind that have said nothing for too long are forgotten.
-- KEYS  servers, about
-- ARGV  id, record, ms for which that holds
-- include lib/now.lua
local now = now_ms()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now))) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
redis.call('ZADD', KEYS[1], digits(now + tonumber(ARGV[3])), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
