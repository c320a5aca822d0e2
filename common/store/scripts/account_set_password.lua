-- Changes the password, and ends all sessions but one.
-- KEYS  user, sessions
-- ARGV  hash that the old password was checked against, new hash, session that stays
-- Returns {"ok", ended session …}, or {"changed"}: another hash is there by now, or the account is gone.
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return {'changed'} end
redis.call('HSET', KEYS[1], 'password', ARGV[2])
local answer = {'ok'}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if session ~= ARGV[3] then
    redis.call('SREM', KEYS[2], session)
    if redis.call('DEL', KEYS[1] .. ':session:' .. session) == 1 then table.insert(answer, session) end
  end
end
return answer
