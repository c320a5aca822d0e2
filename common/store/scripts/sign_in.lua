-- A connection signs in: is the session still there? Which conversations has the user?
-- KEYS  user, session, conversations, nodes
-- ARGV  node, time
-- Returns {"ok", conversation …}, or {"gone"}.
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('HEXISTS', KEYS[1], 'password') == 0 then
  return {'gone'}
end
redis.call('HSET', KEYS[2], 'last_used', ARGV[2])
redis.call('SADD', KEYS[4], ARGV[1])
local list = redis.call('ZRANGE', KEYS[3], 0, -1)
table.insert(list, 1, 'ok')
return list
