#include "discovery/zookeeper/discoverer.h"

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "base/task_group.h"
#include "discovery/zookeeper/watch.h"

namespace kubevitals::discovery::zookeeper {
namespace {

class TreeDiscoverer final : public Discoverer {
 public:
  TreeDiscoverer(const TreeOptions& options, ParseMember parse, const DiscovererContext& context,
                 OpenSession open)
      : options_(options), parse_(parse), context_(context), open_(std::move(open)) {}

  asio::awaitable<void> run(GroupSink& sink) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    const auto watch = std::make_shared<Watch>(options_, parse_, context_, strand, sink);
    TaskGroup tasks(strand);
    tasks.start(Watch::retry(watch, context_.clock));
    std::exception_ptr broken;
    try {
      co_await Watch::run(watch, open_);
    } catch (...) {
      broken = std::current_exception();
    }
    co_await tasks.stop();
    if (broken) std::rethrow_exception(broken);
  }

 private:
  const TreeOptions options_;
  const ParseMember parse_;
  const DiscovererContext context_;
  const OpenSession open_;  // given to each run
};

}  // namespace

std::unique_ptr<Discoverer> make_tree_discoverer(const TreeOptions& options, ParseMember parse,
                                                 const DiscovererContext& context, OpenSession open) {
  return std::make_unique<TreeDiscoverer>(options, parse, context, std::move(open));
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const ServersetOptions& options,
                                                    const DiscovererContext& context) {
  return make_tree_discoverer(options.tree, &parse_serverset_member, context);
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const NerveOptions& options,
                                                    const DiscovererContext& context) {
  return make_tree_discoverer(options.tree, &parse_nerve_member, context);
}

}  // namespace kubevitals::discovery::zookeeper
