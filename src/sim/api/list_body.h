// A LIST response, written while it is sent: 50,000 pods are 250 MB and never in memory at once.
#pragma once

#include <memory>
#include <string>

#include "net/http_server.h"
#include "sim/api/encode.h"

namespace kubevitals::sim {

struct ListMetadata {
  std::uint64_t rv = 0;
  std::string continue_token;
  std::size_t remaining = 0;  // told when there is a continue token and no selector (has_remaining)
  bool has_remaining = false;

  json::object document() const;
};

// The body of a list of these objects. The protobuf envelope begins with the length of all: objects whose
// size is not known from a former list are encoded twice.
std::unique_ptr<net::BodySource> make_list_body(std::shared_ptr<Cluster> cluster, unsigned resource,
                                                Media media, Snapshot snapshot, ListMetadata metadata);

}  // namespace kubevitals::sim
