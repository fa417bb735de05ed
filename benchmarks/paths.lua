-- For wrk: asks for the paths in a file, a line each, one after another from the first, and prints a line
-- with what came of it. Every kind of load runs this script, so that choosing costs all of them the same.
local requests, count, position = {}, 0, 0

function init(arguments)
  for path in io.lines(arguments[1]) do
    count = count + 1
    requests[count] = wrk.format("GET", path)
  end
end

function request()
  position = position % count + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("measured %d %d %d %d %d %d %d", summary.requests, summary.duration, failed, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
