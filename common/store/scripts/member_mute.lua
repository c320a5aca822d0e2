-- A member wants no pushes from a conversation until then.
-- KEYS  members, mute
-- ARGV  user, time in ms (0: wants them again)
-- Returns {"ok"}, or {"not_found"}.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return {'not_found'} end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
return {'ok'}
