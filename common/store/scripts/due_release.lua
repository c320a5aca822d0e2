-- The end of a look: the conversation is looked at again, or forgotten when nothing waits in it and nothing can have
-- come since it was taken without a mark.
-- KEYS  due, until (the same slot)
-- ARGV  conversation, when it was taken, the next mark's time ("": nothing waits), ms that a mark must be old
-- Returns 1 when it stays marked, 0 when it is forgotten.
-- include lib/now.lua
local call, conversation, taken, next_ms = redis.call, ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if not next_ms then
  local sent, arrived = string.match(call('HGET', KEYS[2], conversation) or '0 0', '^(%d+) (%d+)$')
  sent, arrived = tonumber(sent), tonumber(arrived)
  if arrived <= taken then
    call('ZREM', KEYS[1], conversation)
    call('HDEL', KEYS[2], conversation)
    return 0
  end
  -- Nothing more is sent that relies on its marks: one look at the end finds what a Redis that stood still has held up.
  next_ms = sent <= taken and math.max(arrived - ARGV[4], taken) or taken
end
call('ZADD', KEYS[1], next_ms, conversation)
return 1
