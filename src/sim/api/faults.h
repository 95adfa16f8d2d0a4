// Misbehaviour on demand: what the simulated API server does wrong, and to whom.
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
};

struct Fault {
  FaultKind kind = FaultKind::kStatus;
  std::string resource;  // "pods"; empty: every one
  std::string verb;      // "list", "watch", "get", "create", ...; empty: every one
  int status = 500;
  int retry_after = 0;              // seconds
  std::uint64_t after_bytes = 700;  // amid the first object of most answers
  std::uint64_t bytes_per_second = 0;
  std::chrono::milliseconds delay{0};
  double probability = 1;
  std::optional<std::uint64_t> count;                 // how many more requests it strikes; unset: any number
  std::optional<std::chrono::milliseconds> duration;  // from when it was set
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
  // Whether a watch suffers from a fault of this kind now: one of those that struck its request and was not
  // removed since, or one that strikes any number of watches.
  bool in_force(FaultKind kind, std::string_view resource, const std::vector<Struck>& struck) const;

 private:
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
