-- A connection signs in to a presence-server: is the session still there? Who are the user's contacts?
-- KEYS  user, session, contacts
-- ARGV  time
-- Returns {"ok", {other user, bits …}} (store/contact.h), or {"gone"}.
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('HEXISTS', KEYS[1], 'password') == 0 then
  return {'gone'}
end
redis.call('HSET', KEYS[2], 'last_used', ARGV[1])
return {'ok', redis.call('HGETALL', KEYS[3])}
