-- The store's epoch: made when there is none, changed by a server that finds that data was lost; the others are told.
-- KEYS  epoch
-- ARGV  the epoch as the caller knows it ("" at first), a fresh one
-- Returns the epoch.
local epoch = redis.call('GET', KEYS[1])
if not epoch or (ARGV[1] ~= '' and epoch == ARGV[1]) then
  epoch = ARGV[2]
  redis.call('SET', KEYS[1], epoch)
  redis.call('PUBLISH', 'ended', 'epoch')
end
return epoch
