-- A user's sessions that are alive.
-- KEYS  user, sessions
-- Returns {"ok", session, device, created, last_used, …}.
local answer = {'ok'}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local s = redis.call('HMGET', KEYS[1] .. ':session:' .. session, 'device', 'created', 'last_used')
  if s[2] then
    table.insert(answer, session)
    table.insert(answer, s[1] or '')
    table.insert(answer, s[2])
    table.insert(answer, s[3] or s[2])
  end
end
return answer
