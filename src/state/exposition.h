// All metrics of the state pillar, ready to be sent.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exposition/negotiation.h"
#include "net/http_server.h"
#include "state/resources.h"
#include "state/text_store.h"

namespace kubevitals::state {

// Which resources a scrape wants, by name (?resources=, ?exclude_resources=).
struct ResourceFilter {
  std::optional<std::set<std::string, std::less<>>> only;
  std::set<std::string, std::less<>> except;

  bool allows(std::string_view resource) const {
    return (!only || only->contains(resource)) && !except.contains(resource);
  }
};

// A resource with the stores of its feeds: one for each namespace that is followed on its own.
struct ResourceStores {
  SelectedResource selected;
  std::vector<std::shared_ptr<TextStore>> stores;
};

// Answers scrapes. Thread-safe: the resources are constant, the stores look after themselves.
class Exposition {
 public:
  // CPU work (making pages anew, inflating them) is done on `workers`.
  Exposition(asio::any_io_executor workers, std::vector<ResourceStores> resources);

  // The whole response. The body is produced while it is sent, from a snapshot taken now: how slowly the
  // client reads makes no difference to anybody else. With gzip nothing is compressed but the pages that
  // changed.
  asio::awaitable<net::ServerResponse> scrape(exposition::Negotiated format, bool gzip,
                                              ResourceFilter filter) const;

 private:
  // HELP and TYPE of one family in both formats.
  struct Header {
    exposition::PagePtr text;
    exposition::PagePtr open_metrics;
  };
  struct Entry {
    ResourceStores resource;
    std::vector<Header> headers;  // as the selected families are ordered
  };

  const asio::any_io_executor workers_;
  std::vector<Entry> entries_;
  exposition::PagePtr end_of_open_metrics_;
};

}  // namespace kubevitals::state
