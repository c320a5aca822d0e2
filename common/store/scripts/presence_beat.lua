-- A presence-server says that it lives, or that it has drained, and asks who else does.
-- KEYS  presence:nodes
-- ARGV  the server, "" or " left", ms after which one that has not beaten is forgotten
-- Returns {now, server, its last beat …}, all by this Redis' clock in ms.
-- include lib/now.lua
local now = now_ms()
redis.call('HSET', KEYS[1], ARGV[1], digits(now) .. ARGV[2])
local list = redis.call('HGETALL', KEYS[1])
local kept = {now}
for i = 1, #list, 2 do
  if now - tonumber(string.match(list[i + 1], '^%d+') or '0') > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], list[i])
  else
    kept[#kept + 1] = list[i]
    kept[#kept + 1] = list[i + 1]
  end
end
return kept
