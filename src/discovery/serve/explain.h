// GET /api/v1/explain: why a target is as it is, or is not there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>

#include "discovery/manager/manager.h"

namespace kubevitals::discovery {

struct ExplainQuery {
  std::string job;               // empty: all jobs
  std::string label;             // its name; an address is looked for by "__address__"
  std::string value;             // what discovered or final labels have there
  std::size_t max_targets = 20;  // of each job
};

// What the API answers as "data": for each job the targets that have the label, before or after relabelling,
// each with the mechanism and the source it comes from, every rule's step and the outcome; where there is
// none, what the mechanisms know about that. Looking at all targets of a big job takes some tenths of a
// second, on `workers`.
asio::awaitable<std::string> explain(const Manager& manager, asio::any_io_executor workers,
                                     ExplainQuery query);

}  // namespace kubevitals::discovery
