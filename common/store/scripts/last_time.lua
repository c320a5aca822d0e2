-- When something last happened in a conversation, for sorting a member's list of conversations: the time of the last
-- record, else of the making.
-- KEYS  conversation, members, log
-- ARGV  user
-- Returns {"ok", time}, or {"not_found"}.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return {'not_found'} end
local last = redis.call('LINDEX', KEYS[3], -1)
local time = last and string.match(last, '"time":(%d+)') -- the first is ours (store/record.h)
return {'ok', tonumber(time or redis.call('HGET', KEYS[1], 'created') or '0')}
