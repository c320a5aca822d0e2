-- Sets a field of a hash unless it is there: of several writers at once, one wins.
-- KEYS  hash
-- ARGV  field, value
-- Returns the value that is there now.
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])
