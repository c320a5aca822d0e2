-- Ends a session.
-- KEYS  sessions, session
-- ARGV  session id
-- Returns 1, or 0 when there was none.
redis.call('SREM', KEYS[1], ARGV[1])
return redis.call('DEL', KEYS[2])
