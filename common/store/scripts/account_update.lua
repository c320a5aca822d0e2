-- Changes fields of a profile.
-- KEYS  user
-- ARGV  field, value, … ("" takes the field away)
-- Returns {"ok"}, or {"not_found"}.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'not_found'} end
for i = 1, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return {'ok'}
