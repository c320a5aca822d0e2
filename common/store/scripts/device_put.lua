-- Puts a device on its owner's list, in place of what was there under its id.
-- KEYS  user, devices
-- ARGV  id, record, devices at most (0: any number)
-- Returns {"ok"}, {"not_found"} (no such user, or erased), or {"full"}.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'not_found'} end
local most = tonumber(ARGV[3])
if most > 0 and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 and redis.call('HLEN', KEYS[2]) >= most then
  return {'full'}
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return {'ok'}
