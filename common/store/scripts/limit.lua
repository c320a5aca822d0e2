-- A rate limit (GCRA): a full minute's allowance may be used at once, and comes back evenly. The key holds the time at
-- which all of it will be back.
-- KEYS  limit
-- ARGV  allowance a minute, units to take (0: only look whether one could be had; negative: give back)
-- Returns 0, or how many ms to wait; nothing is taken then.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local interval = 60000 / tonumber(ARGV[1])
local units = tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = full + interval * (units == 0 and 1 or units) - now - 60000
if units >= 0 and wait >= 1 then return math.ceil(wait) end
if units ~= 0 then
  full = full + interval * units
  if full > now then
    redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
  else
    redis.call('DEL', KEYS[1])
  end
end
return 0
