-- These members have been seen to up to seq: there is a notification, or a reason for none.
-- KEYS  conversation, pushed (the same slot)
-- ARGV  seq, users with a space between
-- Returns how many of them are still members.
local call, n = redis.call, 0
for user in string.gmatch(ARGV[2], '%S+') do
  if call('HEXISTS', KEYS[1], 'read:' .. user) == 1 then
    n = n + 1
    if tonumber(call('HGET', KEYS[2], user) or '0') < tonumber(ARGV[1]) then call('HSET', KEYS[2], user, ARGV[1]) end
  end
end
return n
