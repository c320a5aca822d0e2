-- How much waits where.
-- KEYS  queue
-- Returns what waits in the streams normal, high and low; what servers have in hand; what waits to be tried again; how
-- many hosts have something waiting for them; dead letters; all that has not ended.
-- include lib/notify.lua
local q, in_hand = KEYS[1], 0
local waiting = {normal = 0, high = 0, low = 0, flight = 0}
for name in pairs(STREAMS) do
  local groups = redis.pcall('XINFO', 'GROUPS', stream_of(q, name))
  local about = {}
  for i = 1, #(groups[1] or {}), 2 do about[groups[1][i]] = groups[1][i + 1] end
  in_hand = in_hand + (about.pending or 0)
  waiting[name] = about.lag or call('XLEN', stream_of(q, name)) -- false: Redis does not know
end
return {waiting.normal, waiting.high, waiting.low, in_hand, call('ZCARD', q .. ':later'), call('SCARD', q .. ':lanes'),
  call('ZCARD', q .. ':dead'), tonumber(call('GET', q .. ':unfinished') or '0')}
