-- A new session after a good login.
-- KEYS  user, sessions, session
-- ARGV  time, hash that the password was checked against, new hash ("" when it stays), session id, device, family,
--       current, session's time to live in ms, place, sessions at most (0: any number)
-- Returns {"ok", session …}: those beyond the limit, oldest first, which the caller ends; or {"changed"}: another
-- hash is there by now, or the account is gone.
-- include lib/place.lua
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[2] then return {'changed'} end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'password', ARGV[3]) end

local alive = {}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local created = redis.call('HGET', KEYS[1] .. ':session:' .. session, 'created')
  if created then
    table.insert(alive, {session, tonumber(created)})
  else
    redis.call('SREM', KEYS[2], session) -- has expired
  end
end
table.sort(alive, function(a, b) return a[2] < b[2] or (a[2] == b[2] and a[1] < b[1]) end)

redis.call('SADD', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[3], 'device', ARGV[5], 'created', ARGV[1], 'last_used', ARGV[1],
  'family', ARGV[6], 'current', ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[8])
remember_place(KEYS[1] .. ':places', ARGV[9], ARGV[1])

local answer = {'ok'}
local most = tonumber(ARGV[10])
if most > 0 then
  for i = 1, #alive + 1 - most do table.insert(answer, alive[i][1]) end
end
return answer
