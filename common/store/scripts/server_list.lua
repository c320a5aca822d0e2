-- The live servers of a kind. One that seems to hold for longer than any may is from before Redis' clock was set back.
-- KEYS  servers, about
-- ARGV  ms for which a server's word holds
-- Returns for each: how many ms ago it was put, its record.
-- include lib/now.lua
local now, holds = now_ms(), tonumber(ARGV[1])
local list = {}
local live = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. digits(now), digits(now + holds), 'WITHSCORES')
for i = 1, #live, 2 do
  local record = redis.call('HGET', KEYS[2], live[i])
  if record then
    list[#list + 1] = math.floor(now + holds - tonumber(live[i + 1]))
    list[#list + 1] = record
  end
end
return list
