-- Signs a user up, with a first session: all of it or nothing, and of two at once exactly one.
-- KEYS  user, sessions, session
-- ARGV  time, password hash, display name, session id, device, family, current, session's time to live in ms,
--       place
-- Returns {"ok"}, or {"taken"} (also by an account that was erased).
-- include lib/place.lua
if redis.call('EXISTS', KEYS[1]) == 1 then return {'taken'} end
redis.call('HSET', KEYS[1], 'created', ARGV[1], 'password', ARGV[2], 'display_name', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[3], 'device', ARGV[5], 'created', ARGV[1], 'last_used', ARGV[1],
  'family', ARGV[6], 'current', ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[8])
remember_place(KEYS[1] .. ':places', ARGV[9], ARGV[1])
return {'ok'}
