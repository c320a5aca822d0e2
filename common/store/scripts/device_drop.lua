-- Takes a device off its owner's list, unless it has been registered anew.
-- KEYS  devices
-- ARGV  id, the record as it was
-- Returns 1, or 0 when it is another by now, or none.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
