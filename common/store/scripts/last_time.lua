-- When something last happened in a conversation, for sorting a member's list of conversations: the time of the last
-- record, else of the making.
-- KEYS  conversation, log
-- ARGV  user
-- Returns {"ok", time}, or {"not_found"}.
local at = redis.call('HMGET', KEYS[1], 'created', 'read:' .. ARGV[1])
if not at[2] then return {'not_found'} end
local last = redis.call('LINDEX', KEYS[2], -1)
local time = last and string.match(last, '"time":(%d+)') -- the first is ours (store/record.h)
return {'ok', tonumber(time or at[1])}
