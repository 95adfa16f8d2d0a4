#include "discovery/serve/sd_endpoint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/run_on.h"
#include "discovery/config/duration.h"
#include "discovery/http_sd_json.h"
#include "discovery/serve/target_walk.h"
#include "exposition/negotiation.h"

namespace kubevitals::discovery {
namespace {

using exposition::Page;
using exposition::PagePtr;
using exposition::PageRun;
using exposition::PageSequence;
using net::ServerResponse;

// Longer nobody is kept waiting: proxies in between give up.
constexpr std::chrono::minutes kMaxWait{10};
constexpr std::size_t kMaxShardBodies = 256;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

std::uint64_t version_of(const JobSnapshot& job, JobSide side) {
  return side == JobSide::kGroups ? job.groups_version : job.targets_version;
}

// Whether there is something to serve; otherwise why not. Mechanisms that have not answered hold a job back,
// but one that fails does not hold back the others for ever.
bool is_servable(const JobSnapshot& job, std::string& why) {
  bool any = job.parts.empty();
  bool waiting = false;
  for (const JobSnapshot::Part& part : job.parts) {
    const ProviderSnapshot& provider = *part.provider;
    any = any || provider.answered;
    if (provider.answered) continue;
    waiting = waiting || !provider.error;
    why.append(why.empty() ? "" : "; ").append(provider.name).append(": ");
    why.append(provider.error ? provider.error->message : "has not answered yet");
  }
  return any && !waiting;
}

Result<std::uint32_t> read_number(std::string_view text, const char* name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return Error{ErrorCode::kInvalid,
               std::string("cannot read parameter ") + name + ": expected a whole number"};
}

// Whether an If-None-Match field names the tag (RFC 9110, 13.1.2).
bool has_tag(std::string_view field, std::string_view tag) {
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view item = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == tag) return true;
  }
  return false;
}

const PagePtr& separator() {
  static const PagePtr page = Page::make(",\n");
  return page;
}

// The targets of one shard, in pages of their own.
std::shared_ptr<const PageRun> render_shard(std::shared_ptr<const JobSnapshot> job, const SdQuery& query) {
  auto run = std::make_shared<PageRun>();
  const auto add = [&](const PagePtr& page) {
    run->checksum.append(*page);
    run->compressed_size += page->compressed().size();
    run->pages.push_back(page);
  };
  std::string text;
  std::vector<Label> labels;
  const LabelName address = address_label();
  TargetWalk walk(job);
  bool more = true;
  while (more) {
    HttpSdWriter writer(text);
    while (text.size() < kPieceBytes && more) {
      more = walk.next_page([&](const WalkedTarget& walked) {
        if (query.side == JobSide::kGroups) {
          merge_labels({walked.target(), walked.group->labels.get()}, labels);
        } else if (walked.kept != nullptr) {
          merge_labels({walked.kept->labels.get()}, labels);
        } else {
          return;
        }
        const auto found = std::find_if(labels.begin(), labels.end(),
                                        [&](const Label& label) { return label.name == address; });
        if (found == labels.end() || shard_of(found->value, query.shards) != query.shard) return;
        writer.add(labels);
      });
    }
    if (!writer.finish()) continue;
    if (!run->pages.empty()) add(separator());
    add(Page::make(text));
    text.clear();
  }
  return run;
}

}  // namespace

Result<SdQuery> read_sd_query(const net::ServerRequest& request, std::string job) {
  SdQuery query;
  query.job = std::move(job);
  if (const auto relabeled = request.parameter("relabeled")) {
    if (*relabeled != "true" && *relabeled != "false" && *relabeled != "1" && *relabeled != "0") {
      return Error{ErrorCode::kInvalid, "cannot read parameter relabeled: expected true or false"};
    }
    if (*relabeled == "true" || *relabeled == "1") query.side = JobSide::kTargets;
  }
  const auto shard = request.parameter("shard");
  const auto of = request.parameter("of");
  if (shard.has_value() != of.has_value()) {
    return Error{ErrorCode::kInvalid, "cannot shard: the parameters shard and of belong together"};
  }
  if (shard) {
    const Result<std::uint32_t> number = read_number(*shard, "shard");
    const Result<std::uint32_t> count = read_number(*of, "of");
    if (!number) return number.error();
    if (!count) return count.error();
    if (*count == 0 || *count > 100'000 || *number >= *count) {
      return Error{ErrorCode::kInvalid,
                   "cannot shard: shard must be from 0 to of - 1, and of at most 100000"};
    }
    query.shard = *number;
    query.shards = *count;
  }
  if (const auto wait = request.parameter("wait")) {
    const Result<std::chrono::milliseconds> duration = parse_prometheus_duration(*wait);
    if (!duration) return duration.error().wrap("cannot read parameter wait");
    query.wait = std::min<std::chrono::milliseconds>(*duration, kMaxWait);
  }
  return query;
}

std::uint32_t shard_of(std::string_view address, std::uint32_t shards) {
  std::uint64_t key = XXH3_64bits(address.data(), address.size());
  std::int64_t bucket = -1;
  std::int64_t next = 0;
  while (next < static_cast<std::int64_t>(shards)) {
    bucket = next;
    key = key * 2862933555777941757ULL + 1;
    next = static_cast<std::int64_t>(
        static_cast<double>(bucket + 1) *
        (static_cast<double>(std::int64_t{1} << 31) / static_cast<double>((key >> 33) + 1)));
  }
  return static_cast<std::uint32_t>(bucket);
}

SdEndpoint::Jobs SdEndpoint::jobs_of(const SdQuery& query) const {
  const std::shared_ptr<const Snapshot> snapshot = manager_.snapshot();
  if (query.job.empty()) return snapshot->jobs;
  const auto job = snapshot->find(query.job);
  return job ? Jobs{job} : Jobs{};
}

std::string SdEndpoint::etag_of(const Jobs& jobs, const SdQuery& query) const {
  std::string state;
  for (const auto& job : jobs) {
    state.append(job->spec->name).push_back('\0');
    state.append(std::to_string(version_of(*job, query.side))).push_back('\0');
  }
  const std::uint64_t hash = XXH3_64bits(state.data(), state.size());
  std::string tag = "\"" + instance_ + "-" + std::to_string(hash);
  if (query.side == JobSide::kTargets) tag += "-r";
  if (query.shards > 1) tag += "-" + std::to_string(query.shard) + "of" + std::to_string(query.shards);
  return tag + "\"";
}

asio::awaitable<SdEndpoint::Jobs> SdEndpoint::wait_for_change(Jobs jobs, SdQuery query,
                                                              std::string seen) const {
  const SteadyTime deadline = std::chrono::steady_clock::now() + query.wait;
  std::function<bool()> done = [this, &query, &seen] { return etag_of(jobs_of(query), query) != seen; };
  // The change of one job, or of any.
  const std::shared_ptr<ChangeSignal> one = query.job.empty() ? nullptr : jobs.front()->changed;
  ChangeSignal& signal = one ? *one : manager_.published();
  auto waiting = signal.wait_until(deadline, std::move(done));
  co_await std::move(waiting);
  co_return jobs_of(query);
}

asio::awaitable<ServerResponse> SdEndpoint::answer(net::ServerRequest request, std::string job) const {
  Result<SdQuery> read = read_sd_query(request, std::move(job));
  if (!read) co_return ServerResponse::text(400, read.error().message + "\n");
  const SdQuery query = std::move(*read);
  Jobs jobs = jobs_of(query);
  if (!query.job.empty() && jobs.empty()) {
    co_return ServerResponse::text(404, "there is no job \"" + query.job + "\"\n");
  }
  const std::string shown = request.headers.joined("If-None-Match");
  std::string etag = etag_of(jobs, query);
  if (query.wait.count() > 0 && (shown.empty() || has_tag(shown, etag))) {
    auto waiting = wait_for_change(std::move(jobs), query, etag);
    jobs = co_await std::move(waiting);
    if (!query.job.empty() && jobs.empty()) {
      co_return ServerResponse::text(404, "there is no job \"" + query.job + "\" any more\n");
    }
    etag = etag_of(jobs, query);
  }
  std::string why;
  for (const auto& candidate : jobs) {
    if (is_servable(*candidate, why)) continue;
    ServerResponse response =
        ServerResponse::text(503, "cannot serve job \"" + candidate->spec->name + "\" yet: " + why + "\n");
    response.headers.set("Retry-After", "1");
    co_return response;
  }
  ServerResponse response;
  response.headers.set("ETag", etag);
  response.headers.set("Vary", "Accept-Encoding");
  response.headers.set("Cache-Control", "no-cache");
  if (!shown.empty() && has_tag(shown, etag)) {
    response.status = 304;
    co_return response;
  }
  auto work = [this, jobs, query] { return body_of(jobs, query); };
  const asio::any_io_executor workers = workers_;
  auto made = run_on(workers, std::move(work));
  PageSequence body = co_await std::move(made);
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  response.headers.set("Content-Type", "application/json");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  response.body = exposition::make_page_body(std::move(body), gzip);
  co_return response;
}

PageSequence SdEndpoint::body_of(const Jobs& jobs, const SdQuery& query) const {
  static const PagePtr kBegin = Page::make("[\n");
  static const PagePtr kEnd = Page::make("]\n");
  PageSequence body;
  bool first = true;
  const auto separate = [&] {
    if (!std::exchange(first, false)) body.add(separator());
  };
  body.add(kBegin);
  for (const auto& job : jobs) {
    if (query.shards > 1) {
      const std::shared_ptr<const PageRun> run = shard_body(job, query);
      if (run->pages.empty()) continue;
      separate();
      body.add(run);
      continue;
    }
    for (const JobSnapshot::Part& part : job->parts) {
      for (std::size_t i = 0; i < part.pages.size(); ++i) {
        PagePtr page;
        if (query.side == JobSide::kGroups) {
          page = part.provider->pages[i]->http_sd();
        } else if (part.pages[i]) {
          page = part.pages[i]->http_sd();
        }
        if (!page) continue;
        separate();
        body.add(std::move(page));
      }
    }
  }
  body.add(kEnd);
  return body;
}

std::shared_ptr<const PageRun> SdEndpoint::shard_body(std::shared_ptr<const JobSnapshot> job,
                                                      const SdQuery& query) const {
  const std::uint64_t version = version_of(*job, query.side);
  ShardKey key{job->spec->name, query.side, query.shard, query.shards};
  {
    const MutexLock lock(mutex_);
    const auto known = shards_.find(key);
    if (known != shards_.end() && known->second.version == version) return known->second.run;
  }
  std::shared_ptr<const PageRun> run = render_shard(std::move(job), query);
  const MutexLock lock(mutex_);
  if (shards_.size() >= kMaxShardBodies) shards_.clear();
  shards_[std::move(key)] = {version, run};
  return run;
}

}  // namespace kubevitals::discovery
