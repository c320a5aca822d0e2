-- Somebody is about to write to a conversation, and may go on for a while without saying so again (store/due.h).
-- KEYS  due, until (the same slot)
-- ARGV  conversation, for how many ms messages are sent without another mark, how many ms they take at most
-- Returns 1, or 0 when it was marked already.
-- include lib/now.lua
local call, now = redis.call, now_ms()
local function later_of(old, new) return math.max(tonumber(old or '0'), new) end

local sent, arrived = string.match(call('HGET', KEYS[2], ARGV[1]) or '', '^(%d+) (%d+)$')
sent = later_of(sent, now + ARGV[2])
arrived = later_of(arrived, now + ARGV[2] + ARGV[3])
call('HSET', KEYS[2], ARGV[1], digits(sent) .. ' ' .. digits(arrived))
return call('ZADD', KEYS[1], 'NX', now, ARGV[1])
