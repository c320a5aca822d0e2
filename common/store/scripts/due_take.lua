-- Gives a server conversations that are to be looked at, and puts them off for as long as the lease: whoever dies with
-- one in hand leaves it to the next who takes.
-- KEYS  due
-- ARGV  ms that a mark must be old, ms of the lease, how many
-- Returns {now, how many more there are, conversation, its mark's time, …}.
-- include lib/now.lua
local call, now = redis.call, now_ms()
local before = now - ARGV[1]
local taken = call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local leased = {}
for i = 1, #taken, 2 do
  leased[#leased + 1] = digits(before + ARGV[2])
  leased[#leased + 1] = taken[i]
end
if #leased > 0 then call('ZADD', KEYS[1], unpack(leased)) end
return {now, #leased > 0 and call('ZCOUNT', KEYS[1], '-inf', before) or 0, unpack(taken)}
