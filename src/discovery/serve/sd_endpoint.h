// GET /sd/v1/jobs: targets for any Prometheus, as http_sd documents.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "base/mutex.h"
#include "discovery/manager/manager.h"
#include "exposition/page_body.h"
#include "net/http_server.h"

namespace kubevitals::discovery {

// Which of a job's two sides a client asks for.
enum class JobSide { kGroups, kTargets };

// What a client asks for.
struct SdQuery {
  std::string job;  // empty: all jobs
  JobSide side = JobSide::kGroups;
  std::uint32_t shard = 0;
  std::uint32_t shards = 1;
  std::chrono::milliseconds wait{0};
};

// Reads ?relabeled=true, ?shard=i&of=n (0 <= i < n), ?wait=30s; kInvalid with the cause.
Result<SdQuery> read_sd_query(const net::ServerRequest& request, std::string job);

// Which of `shards` an address belongs to. When their number grows, an address stays or moves to a new one
// (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014).
std::uint32_t shard_of(std::string_view address, std::uint32_t shards);

// Answers them. Bodies are joined from the pages that the job's snapshot keeps, or kept here when they are of
// a shard; a client that shows the ETag of what it has gets 304. A job none of whose mechanisms has answered
// is 503: a Prometheus then keeps the targets that it has. Thread-safe; the manager outlives it.
class SdEndpoint {
 public:
  SdEndpoint(const Manager& manager, asio::any_io_executor workers, std::string instance)
      : manager_(manager), workers_(std::move(workers)), instance_(std::move(instance)) {}

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request, std::string job) const;

 private:
  using Jobs = std::vector<std::shared_ptr<const JobSnapshot>>;
  struct ShardKey {
    std::string job;
    JobSide side;
    std::uint32_t shard;
    std::uint32_t shards;
    friend auto operator<=>(const ShardKey&, const ShardKey&) = default;
  };
  struct ShardBody {
    std::uint64_t version = 0;
    std::shared_ptr<const exposition::PageRun> run;
  };

  Jobs jobs_of(const SdQuery& query) const;
  std::string etag_of(const Jobs& jobs, const SdQuery& query) const;
  asio::awaitable<Jobs> wait_for_change(Jobs jobs, SdQuery query, std::string seen) const;
  exposition::PageSequence body_of(const Jobs& jobs, const SdQuery& query) const;
  std::shared_ptr<const exposition::PageRun> shard_body(std::shared_ptr<const JobSnapshot> job,
                                                        const SdQuery& query) const;

  const Manager& manager_;
  const asio::any_io_executor workers_;
  const std::string instance_;  // of this process: in ETags

  mutable Mutex mutex_;
  mutable std::map<ShardKey, ShardBody> shards_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::discovery
