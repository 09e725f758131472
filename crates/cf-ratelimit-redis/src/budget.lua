-- One budget of requests for many processes. Times are milliseconds of this server's own clock.
local sent, places, underway, gates, members = unpack(KEYS)
local action, ticket, process, operation = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local quota, window, per_second = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
-- Where the action's own arguments start.
local OWN = 8

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local SECOND = 1000
-- What a dead process left behind: a place that nobody came for, a request without a reply.
local PLACE_KEPT, REPLY_KEPT = 10000, 120000
-- The part of the quota that may be used at once; and the part of the server's, below which what is
-- left is spread over the remaining time.
local AT_ONCE, SLOW_BELOW = 0.8, 0.2
-- Replies round the remaining time to seconds.
local SLACK = 1500
-- Processes that have not asked for this long are gone.
local MEMBER_KEPT = math.max(window, 60000)
-- The longest that a gate stays closed on the API's word alone.
local LONGEST_CLOSED = 300000
-- How long others wait for the reply to a probe, and how soon they ask whether it has come.
local PROBE_TIME, PROBE_POLL = 10000, 1000
-- Most gates kept: an API that invents names must not fill the memory.
local MOST_GATES = 64

-- Moves the times of a sorted set.
local function shift(key, by)
  local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for index = 1, #all, 2 do
    redis.call('ZADD', key, tonumber(all[index + 1]) + by, all[index])
  end
end

local function newest(key)
  return tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or nil)
end

-- Nothing was sent in the future: if so, the clock was set back, and what is stored is set back with it.
local back = math.max(newest(sent) or now, newest(members) or now, now) - now
if back > 0 then
  for _, key in ipairs({ sent, places, underway, members }) do
    shift(key, -back)
  end
end

local kept = per_second > 0 and math.max(window, SECOND) or window
redis.call('ZREMRANGEBYSCORE', sent, '-inf', now - kept)
redis.call('ZREMRANGEBYSCORE', places, '-inf', now - PLACE_KEPT)
redis.call('ZREMRANGEBYSCORE', underway, '-inf', now - REPLY_KEPT)
redis.call('ZADD', members, now, process)
redis.call('ZREMRANGEBYSCORE', members, '-inf', now - MEMBER_KEPT)

-- What the API has said about a limit: what is `left` of quota `of`, until `till`, as said at `noted`;
-- whether that was all the API's own word (`sure`), and that nothing is left (`refused`); the `probe`
-- that goes ahead when the time is over but not sure, and when it was sent (`probed`); and the
-- operations that it holds for, if not for all.

local function for_all(name)
  return name == '' or name == 'default'
end

local function applies(name, gate)
  return for_all(name) or gate.operations[operation] ~= nil
end

-- A closed one whose end is not sure lasts until a probe has come back; but not forever.
local function is_over(gate)
  local sure = gate.left > 0 or gate.sure
  return now >= gate.till + (sure and 0 or LONGEST_CLOSED)
end

-- When the next request may be sent, if nothing is left.
local function opens_at(gate)
  if now < gate.till then return gate.till end
  if not is_over(gate) and gate.probe ~= '' and now < gate.probed + PROBE_TIME then
    return now + PROBE_POLL
  end
  return now
end

local function parse(text)
  local read, gate = pcall(cjson.decode, text)
  if not read or type(gate) ~= 'table' then return nil end
  for _, field in ipairs({ 'left', 'till', 'of', 'noted', 'probed' }) do
    if type(gate[field]) ~= 'number' then return nil end
  end
  if type(gate.operations) ~= 'table' then return nil end
  return gate
end

-- The gates that still hold, by name.
local known, count_known = {}, 0

local function keep(name)
  redis.call('HSET', gates, name, cjson.encode(known[name]))
end

local all = redis.call('HGETALL', gates)
for index = 1, #all, 2 do
  local name, gate = all[index], parse(all[index + 1])
  if gate then
    gate.till, gate.noted, gate.probed = gate.till - back, gate.noted - back, gate.probed - back
  end
  if gate and not is_over(gate) then
    known[name], count_known = gate, count_known + 1
    -- Times that the clock cannot have given.
    local till = math.min(gate.till, now + LONGEST_CLOSED)
    if back > 0 or till < gate.till or now < gate.noted then
      gate.till, gate.noted, gate.probed = till, math.min(gate.noted, now), math.min(gate.probed, now)
      keep(name)
    end
  else
    redis.call('HDEL', gates, name)
  end
end

local function forget(name)
  if known[name] then count_known = count_known - 1 end
  known[name] = nil
  redis.call('HDEL', gates, name)
end

-- The gate of this name; if it is new, one that is over.
local function find(name)
  if not known[name] then
    if count_known >= MOST_GATES then
      for other in pairs(known) do
        if not for_all(other) then
          forget(other)
          break
        end
      end
    end
    count_known = count_known + 1
    known[name] = {
      left = 0, till = now, of = 0, noted = now, sure = true, refused = false,
      probe = '', probed = 0, operations = {},
    }
  end
  if not for_all(name) then known[name].operations[operation] = 1 end
  return known[name]
end

local sent_count, place_count

-- When request number `index` (from 0) of the sent and the planned ones goes.
local function at(index)
  local key, rank = sent, index
  if index >= sent_count then
    key, rank = places, index - sent_count
  end
  local score = tonumber(redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')[2])
  return index >= sent_count and math.max(score, now) or score
end

-- When the quotas allow one more after `count` others.
local function allowed(count)
  local slot = now
  if count >= quota then
    slot = math.max(slot, at(count - quota) + window)
  end
  if per_second > 0 and count >= per_second then
    slot = math.max(slot, at(count - per_second) + SECOND)
  end
  return slot
end

local function next_slot(opens, gap, gap_ends)
  local count = sent_count + place_count
  local slot = math.max(opens, allowed(count))
  local last = count > 0 and at(count - 1) or nil
  if last then
    slot = math.max(slot, last, math.min(last + gap, gap_ends))
  end
  local low, high = 0, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if at(middle) + window > slot then high = middle else low = middle + 1 end
  end
  local used = count - low
  if used > 0 and used >= quota * AT_ONCE then
    local until_free = math.max(at(low) + window - slot, 0)
    slot = math.max(slot, last + until_free / math.max(quota - used, 1))
  end
  return math.ceil(slot)
end

-- Lets those that wait go from now on, in order: the gate is open.
local function advance()
  local first = tonumber(redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')[2] or nil)
  if first and first > now then shift(places, now - first) end
end

local function acquire(max_wait)
  local opens, gap, gap_ends = now, 0, now
  for name, gate in pairs(known) do
    if applies(name, gate) and gate.left == 0 then
      local opening = opens_at(gate)
      if opening > now and not for_all(name) then
        -- No place for those whose own limit is used up: they would block the others.
        redis.call('ZREM', places, ticket)
        return math.ceil(opening - now)
      end
      opens = math.max(opens, opening)
    elseif for_all(name) and gate.left < gate.of * SLOW_BELOW then
      gap = math.max(gap, (gate.till - now) / gate.left)
      gap_ends = math.max(gap_ends, gate.till)
    end
  end
  sent_count, place_count = redis.call('ZCARD', sent), redis.call('ZCARD', places)
  local slot = tonumber(redis.call('ZSCORE', places, ticket) or nil)
  if not slot then
    slot = next_slot(opens, gap, gap_ends)
  end
  -- Whatever the plan was: no window exceeds the quota, no closed gate is passed.
  slot = math.ceil(math.max(slot, opens, allowed(sent_count)))
  if slot > now then
    if slot - now >= max_wait then
      redis.call('ZREM', places, ticket)
    else
      redis.call('ZADD', places, slot, ticket)
    end
    return slot - now
  end
  redis.call('ZREM', places, ticket)
  redis.call('ZADD', sent, now, ticket)
  redis.call('ZADD', underway, now, ticket)
  for name, gate in pairs(known) do
    if applies(name, gate) then
      if now < gate.till then
        gate.left = math.max(gate.left - 1, 0)
      else
        gate.probe, gate.probed = ticket, now
      end
      keep(name)
    end
  end
  return 0
end

-- Records what is left of a limit. True if that opens it.
local function note(name, left, reset, limit_window, of, was_sent, others)
  local longest = limit_window > 0 and math.min(limit_window, LONGEST_CLOSED) or LONGEST_CLOSED
  local till, sure = now + math.min(reset, longest), reset <= longest + SLACK
  local refused = left == 0
  left = math.max(left - others, 0)
  local gate = find(name)
  local was_closed = gate.left == 0 and not is_over(gate)
  if of > 0 then gate.of = of end
  local newer = was_sent and gate.noted < was_sent
  if not newer and not is_over(gate) then
    -- Replies arrive out of order: within a window, the least is the newest; and what was in flight
    -- when a gate closed does not open it.
    if till <= gate.till + SLACK then
      if left < gate.left or refused then
        gate.left, gate.noted, gate.refused = left, now, refused
      end
      return false
    end
    if gate.refused and not refused then return false end
  end
  gate.left, gate.till, gate.sure, gate.noted = left, till, sure, now
  gate.refused, gate.probe = refused, ''
  return was_closed and left > 0
end

local function close(name, till, sure)
  local gate = find(name)
  if gate.left > 0 or gate.till < till then
    gate.till, gate.sure = till, sure
  end
  gate.left, gate.noted, gate.refused, gate.probe = 0, now, true, ''
end

-- How the request was throttled (`all`, `operation`; or `no`), how long to wait and whether
-- the API asked for it; then for each limit its name, what is left, reset, window and quota. What the
-- API does not say is -1.
local function record(throttled, wait, asked)
  local was_sent = tonumber(redis.call('ZSCORE', underway, ticket) or nil)
  redis.call('ZREM', underway, ticket)
  local others, opened, spent = redis.call('ZCARD', underway), false, {}
  for index = OWN + 3, #ARGV, 5 do
    local name, left, reset = ARGV[index], tonumber(ARGV[index + 1]), tonumber(ARGV[index + 2])
    if reset >= 0 then
      local limit_window, of = tonumber(ARGV[index + 3]), tonumber(ARGV[index + 4])
      opened = note(name, left, reset, limit_window, of, was_sent, others) or opened
    end
    -- If the window's end is known, it says enough.
    if left == 0 then spent[name] = asked or reset <= 0 end
  end
  if throttled ~= 'no' then
    local till, sure = now + math.min(wait, LONGEST_CLOSED), asked and wait <= LONGEST_CLOSED
    if next(spent) then
      -- A limit that is named and used up is the one meant; without one, the whole API is.
      for name, by_wait in pairs(spent) do
        if by_wait then close(name, till, sure) end
      end
    else
      close(throttled == 'all' and '' or operation, till, sure)
    end
  elseif was_sent then
    for name, gate in pairs(known) do
      -- What our own count closed is open when its time is over.
      local closed = gate.refused and gate.noted < was_sent or not gate.refused and gate.till <= was_sent
      if gate.left == 0 and closed and applies(name, gate) then
        forget(name)
        opened = true
      end
    end
  end
  for name in pairs(known) do keep(name) end
  if opened then advance() end
end

local answer = 0
if action == 'acquire' then
  answer = acquire(tonumber(ARGV[OWN]))
elseif action == 'record' then
  record(ARGV[OWN], tonumber(ARGV[OWN + 1]), ARGV[OWN + 2] == '1')
elseif action == 'reset' then
  redis.call('DEL', gates)
  advance()
else
  redis.call('ZREM', places, ticket)
  redis.call('ZREM', underway, ticket)
  for name, gate in pairs(known) do
    if gate.probe == ticket then
      gate.probe = ''
      keep(name)
    end
  end
end

local longest = math.max(window, REPLY_KEPT, MEMBER_KEPT, LONGEST_CLOSED) * 2
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, longest)
end
return { answer, redis.call('ZCARD', members) }
