-- A refresh token is used: it must be the session's newest, and is replaced.
-- KEYS  user, sessions, session
-- ARGV  family, current, next, time, session's time to live in ms, session id
-- Returns {"ok"}; {"gone"}: no such session; {"denied"}: forged, which does the session no harm; {"reused"}: genuine but
-- used before, so somebody else has it too: the session has ended, and the caller says so.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'gone'} end
local session = redis.call('HMGET', KEYS[3], 'family', 'current')
if not session[1] then return {'gone'} end
if session[1] ~= ARGV[1] then return {'denied'} end
if session[2] ~= ARGV[2] then
  redis.call('SREM', KEYS[2], ARGV[6])
  redis.call('DEL', KEYS[3])
  return {'reused'}
end
redis.call('HSET', KEYS[3], 'current', ARGV[3], 'last_used', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
return {'ok'}
