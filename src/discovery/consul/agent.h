// Questions to a Consul agent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "discovery/consul/options.h"
#include "discovery/http_client/client.h"

namespace kubevitals::discovery::consul {

struct Reply {
  std::uint64_t index = 0;  // X-Consul-Index, 0 without
  std::string body;
};

// Which index to wait for after an answer to a question with `asked`. As Consul's documentation of blocking
// queries asks: one that goes back (the servers were restored or replaced) begins anew with 0, which is
// answered at once; and an answer without index is followed by 1, which blocks.
std::uint64_t next_index(std::uint64_t asked, std::uint64_t answered);

// Blocking queries: with an index that is not 0 the agent answers when there is a newer one, or after two
// minutes. Cancelling ends them. Errors say what was asked and why it failed, and never the token. Used on
// one strand.
class Agent final {
 public:
  Agent(const Options& options, std::shared_ptr<MechanismClient> client);

  // The name of its own datacenter.
  asio::awaitable<Result<std::string>> datacenter();
  asio::awaitable<Result<Reply>> services(std::uint64_t index);
  asio::awaitable<Result<Reply>> instances(std::string service, std::uint64_t index);

 private:
  net::QueryParameters scope() const;
  net::QueryParameters blocking(std::uint64_t index, const std::string& filter) const;
  asio::awaitable<Result<Reply>> get(std::string what, std::string path, net::QueryParameters query);

  const Options options_;
  const std::shared_ptr<MechanismClient> client_;
};

}  // namespace kubevitals::discovery::consul
