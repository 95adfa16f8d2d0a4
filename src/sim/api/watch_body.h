// A WATCH response: events as they happen.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_server.h"
#include "sim/api/encode.h"
#include "sim/selector.h"

namespace kubevitals::sim {

// Which objects a request is about.
struct Selection {
  std::string ns;  // empty: all
  LabelSelector labels;
  FieldSelector fields;

  bool selects_all() const { return labels.empty() && fields.empty(); }
  // Cheap checks that need no document: the namespace and what the selector demands of names and nodes.
  bool may_match(const Layout& layout, unsigned resource, const Version& version) const;
  bool matches(Encoder& encoder, unsigned resource, const Layout& layout, const Version& version) const;
};

// What a fault does to a watch; asked for at each step. Thread-safe.
struct WatchDisturbance {
  bool silent = false;        // nothing is sent
  bool duplicate = false;     // each event is sent twice
  bool out_of_order = false;  // neighbours are swapped
  bool dropped = false;       // the connection breaks
};

struct WatchOptions {
  Media media;
  Selection selection;
  std::uint64_t rv = 0;               // events after this one
  std::optional<Snapshot> initial;    // sent as ADDED events first
  bool initial_end_bookmark = false;  // then a bookmark that says so (sendInitialEvents)
  bool bookmarks = false;
  std::chrono::milliseconds bookmark_interval{60'000};
  std::chrono::milliseconds timeout{};            // after which the response ends
  std::function<WatchDisturbance()> disturbance;  // may be empty
  std::shared_ptr<const void> presence;           // held as long as the watch goes on
};

std::unique_ptr<net::BodySource> make_watch_body(std::shared_ptr<Cluster> cluster, unsigned resource,
                                                 Clock& clock, WatchOptions options);

}  // namespace kubevitals::sim
