-- A refresh token is used: it must be the session's newest, and is replaced.
-- KEYS  user, sessions, session
-- ARGV  family, current, next, time, session's time to live in ms, session id, ms for which it may be repeated
-- Returns {"ok"}; {"gone"}: no such session; {"denied"}: forged, which does the session no harm; {"reused"}: genuine but
-- used before, so somebody else has it too: the session has ended, and the caller says so.
-- A repeat is no second use: what it leads to is the newest already, which nobody can bring about who does not know what
-- the first one said (successor_of()). Its answer was lost, and is given again, as long as it has not been used. For how
-- long, the clock of Redis says: another server may answer the repeat.
-- include lib/now.lua
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'gone'} end
local session = redis.call('HMGET', KEYS[3], 'family', 'current', 'refreshed')
if not session[1] then return {'gone'} end
if session[1] ~= ARGV[1] then return {'denied'} end
if session[2] ~= ARGV[2] then
  local since = now_ms() - tonumber(session[3] or 0)
  if session[2] == ARGV[3] and since < tonumber(ARGV[7]) then return {'ok'} end
  redis.call('SREM', KEYS[2], ARGV[6])
  redis.call('DEL', KEYS[3])
  return {'reused'}
end
redis.call('HSET', KEYS[3], 'current', ARGV[3], 'refreshed', digits(now_ms()), 'last_used', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
return {'ok'}
