// Misbehaviour on demand: what the simulated API server and the kubelets do wrong, and to whom.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sim/document.h"
#include "sim/random.h"

namespace kubevitals::sim {

enum class FaultKind {
  kStatus,            // answers with `status` (and Retry-After: `retry_after`)
  kGone,              // lists: 410; watches: an ERROR event with 410
  kAbort,             // breaks off without a response
  kCut,               // breaks off after `after_bytes` of the body
  kTruncate,          // ends the body in good order after `after_bytes`: in the middle of a frame
  kGarbage,           // after `after_bytes` of the body come bytes that mean nothing
  kWrongContentType,  // a content type that was not asked for
  kSlow,              // `bytes_per_second`
  kSilence,           // watches: open, but nothing comes, bookmarks neither, until the fault is removed
  kDelay,             // waits `delay` before it answers
  kDuplicate,         // watches: each event twice
  kOutOfOrder,        // watches: neighbouring events swapped
  // Of kubelets only:
  kHang,      // takes requests and never answers, until the fault is removed
  kReset,     // once: all counters begin anew
  kDead,      // refuses connections
  kNoIpSans,  // its certificate has no IP addresses in it
};

struct Fault {
  FaultKind kind = FaultKind::kStatus;
  std::string resource;  // "pods"; empty: every one
  // "list", "watch", "get", "create", ...; of kubelets "summary", "container", "resource", "healthz"; empty:
  // every one.
  std::string verb;
  int status = 500;
  int retry_after = 0;              // seconds
  std::uint64_t after_bytes = 700;  // amid the first object of most answers
  std::uint64_t bytes_per_second = 0;
  std::chrono::milliseconds delay{0};
  double probability = 1;
  std::optional<std::uint64_t> count;                 // how many more requests it strikes; unset: any number
  std::optional<std::chrono::milliseconds> duration;  // from when it was set
  // Of kubelets: of which nodes; by default of all. A percentage means the same nodes each time, spread
  // evenly, and at least one.
  std::string node;
  std::optional<std::uint32_t> percent;

  bool of_kubelets() const { return resource == "kubelet"; }
  // Whether it is about the kubelet of this node, the `index`-th.
  bool selects(std::uint32_t index, std::string_view name) const;
};

// "status", "gone", "abort", ... ; nothing for unknown names.
std::string_view to_string(FaultKind kind);

// {"kind": "status", "status": 429, "retry_after": 1, "resource": "pods", "verb": "list", "count": 3, ...}.
Result<Fault> parse_fault(const json::value& value);

// The faults in force. Thread-safe.
class Faults {
 public:
  Faults(Clock& clock, std::uint64_t seed) : clock_(clock), random_(hash_of(seed, 71)) {}

  // Returns the fault's number.
  std::uint64_t add(Fault fault);
  void clear();
  bool remove(std::uint64_t id);
  json::array document() const;

  struct Struck {
    std::uint64_t id;
    Fault fault;
  };
  // The faults that strike this request: their counts go down.
  std::vector<Struck> strike(std::string_view resource, std::string_view verb);
  // The same for a request to a node's kubelet; those of the API server are none of its business.
  std::vector<Struck> strike_kubelet(std::uint32_t index, std::string_view name, std::string_view verb);
  // Whether a fault that struck is still there.
  bool is_there(std::uint64_t id) const;
  // The faults in force that are a state of kubelets, not an answer: kDead, kNoIpSans.
  std::vector<Fault> kubelet_states() const;
  // Whether a watch suffers from a fault of this kind now: one of those that struck its request and was not
  // removed since, or one that strikes any number of watches.
  bool in_force(FaultKind kind, std::string_view resource, const std::vector<Struck>& struck) const;

 private:
  template <typename Applies>
  std::vector<Struck> strike_if(Applies applies);

  struct Entry {
    std::uint64_t id;
    Fault fault;
    std::optional<SteadyTime> until;
    std::uint64_t struck = 0;
  };
  bool over(const Entry& entry) const;
  bool applies(const Entry& entry, std::string_view resource, std::string_view verb) const;

  Clock& clock_;
  mutable std::mutex mutex_;
  Random random_;               // guarded by mutex_
  std::uint64_t next_id_ = 1;   // guarded by mutex_
  std::vector<Entry> entries_;  // guarded by mutex_
};

}  // namespace kubevitals::sim
