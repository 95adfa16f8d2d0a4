// How a node's kubelet is asked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "usage/directory/object_projection.h"

namespace kubevitals::usage {

// The period that a scrape is about; a source may ask for it.
struct Period {
  Nanos start = 0;
  Nanos end = 0;
};

// Used from one strand.
class NodeFetcher {
 public:
  virtual ~NodeFetcher() = default;

  // The kubelet's answer. An error says which address, and what an operator can do about it. kNotFound when
  // the node has no address to ask.
  virtual asio::awaitable<Result<std::string>> fetch(std::shared_ptr<const NodeRecord> node, Period period,
                                                     std::chrono::milliseconds timeout) = 0;
};

}  // namespace kubevitals::usage
