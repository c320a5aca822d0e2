-- What a user is on one presence-server; of an account that is gone nothing is kept.
-- KEYS  user, presence
-- ARGV  the server, what (presence-server/news.h; empty: not there), when the user was last here
-- Returns 1, or 0: no such user.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return 0 end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
if tonumber(ARGV[3]) > tonumber(redis.call('HGET', KEYS[2], 'seen') or '0') then
  redis.call('HSET', KEYS[2], 'seen', ARGV[3])
end
return 1
