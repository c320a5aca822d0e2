-- Gives up a device's claim, if it is the user's.
-- KEYS  the claim
-- ARGV  user
-- Returns 1, or 0 when it is another's, or nobody's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
