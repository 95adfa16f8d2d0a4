#include "discovery/kubernetes/discoverer.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <map>
#include <utility>

#include "discovery/kubernetes/connection.h"
#include "discovery/kubernetes/unit.h"
#include "discovery/wake_signal.h"

namespace kubevitals::discovery::kubernetes {
namespace {

// How long changes are collected.
constexpr std::chrono::milliseconds kBatch{5};
// After which time a connection that cannot be made is tried again.
constexpr std::chrono::seconds kAcquireAgain{10};

// In their order, each once.
std::vector<std::string> unique_names(const std::vector<std::string>& names) {
  std::vector<std::string> unique;
  for (const std::string& name : names) {
    if (std::find(unique.begin(), unique.end(), name) == unique.end()) unique.push_back(name);
  }
  return unique;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Why a scope cannot be followed, and what would help.
Error failure_of(const ScopeReport& report) {
  const std::string& cause = report.state.error;
  Error error{ErrorCode::kUnavailable, cause + " (" + describe(report.scope) + ")"};
  if (contains(cause, "answered 403")) {
    error.code = ErrorCode::kForbidden;
    error.message += "; the account needs the verbs list and watch there";
  } else if (contains(cause, "answered 401")) {
    error.code = ErrorCode::kUnauthorized;
    error.message += "; the API server does not accept the credentials";
  } else if (contains(cause, "answered 404")) {
    error.code = ErrorCode::kNotFound;
    error.message += "; the API server does not have this resource";
  }
  return error;
}

// Everything is used on run()'s strand, but for what is constant.
class KubernetesDiscoverer final : public Discoverer {
 public:
  KubernetesDiscoverer(const Options& options, std::optional<Connection> connection,
                       std::vector<std::string> namespaces, const DiscovererContext& context)
      : options_(options),
        connection_(std::move(connection)),
        namespaces_(unique_names(namespaces)),
        clock_(context.clock),
        metrics_(context.metrics),
        clusters_(*context.clusters) {}

  asio::awaitable<void> run(GroupSink& sink) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto executor = co_await asio::this_coro::executor;
    const auto signal = std::make_shared<WakeSignal>(executor);
    std::shared_ptr<Cluster> cluster;
    for (;;) {
      Result<std::shared_ptr<Cluster>> acquired = clusters_.acquire(connection_);
      if (acquired) {
        cluster = *std::move(acquired);
        break;
      }
      sink.failed(acquired.error());
      const bool again = co_await clock_.sleep_for(kAcquireAgain);
      if (!again) co_return;
    }
    make_units(*cluster, *signal);
    for (;;) {
      const bool woken = co_await signal->wait();
      if (!woken) break;
      const bool collected = co_await clock_.sleep_for(kBatch);
      if (!collected) break;
      process(sink);
    }
    units_.clear();
    // Whoever cancelled waits for what follows.
    auto uncancelled = asio::disable_cancellation();
    co_await asio::this_coro::reset_cancellation_state(uncancelled);
    auto released = clusters_.release(std::move(cluster));
    co_await std::move(released);
  }

  std::vector<std::string> why_absent(const AbsenceQuery& query) const override {
    std::vector<std::string> sentences;
    if (query.label == names().namespace_) explain_namespace(query.value, sentences);
    for (const auto& unit : units_) {
      for (const ScopeReport& report : unit->reports()) explain_scope(report, sentences);
    }
    for (const auto& unit : units_) unit->explain(query, sentences);
    return sentences;
  }

 private:
  void make_units(Cluster& cluster, Waker& waker) {
    const RoleRow& row = row_of(options_.role);
    std::map<Role, ResourceSelector> selectors;
    for (const Selector& selector : options_.selectors) {
      selectors[selector.role] = {selector.label, selector.field};
    }
    std::vector<std::string> names = namespaces_;
    if (names.empty() || !row.namespaced) names = {std::string()};
    for (const std::string& name : names) {
      const UnitSettings settings{options_.role, options_.attach, name, selectors, cluster, waker, metrics_};
      units_.push_back(row.make_unit(settings));
    }
  }

  void process(GroupSink& sink) {
    for (const auto& unit : units_) unit->take(groups_);
    const std::optional<Error> failure = find_failure();
    const bool first = !answered_ && has_answer();
    if (first || (answered_ && !groups_.empty())) {
      answered_ = true;
      sink.update(std::exchange(groups_, {}));
      // An update says that all is well.
      if (failure) reported_.clear();
    }
    report(failure, sink);
  }

  // Each unit has listed everything or has failed to, and one at least has succeeded.
  bool has_answer() const {
    bool one_ready = false;
    for (const auto& unit : units_) {
      if (unit->ready()) {
        one_ready = true;
        continue;
      }
      const auto reports = unit->reports();
      const auto failed = [](const ScopeReport& scope) { return !scope.state.error.empty(); };
      if (std::none_of(reports.begin(), reports.end(), failed)) return false;
    }
    return one_ready;
  }

  // The first one; a forbidden resource before others, as it does not go away by itself.
  std::optional<Error> find_failure() const {
    std::optional<Error> found;
    for (const auto& unit : units_) {
      for (const ScopeReport& scope : unit->reports()) {
        if (scope.state.error.empty()) continue;
        Error error = failure_of(scope);
        if (!found || (error.code == ErrorCode::kForbidden && found->code != ErrorCode::kForbidden)) {
          found = std::move(error);
        }
      }
    }
    return found;
  }

  void report(const std::optional<Error>& failure, GroupSink& sink) {
    const std::string now = failure ? failure->message : std::string();
    if (now == reported_) return;
    if (failure) {
      sink.failed(*failure);
    } else {
      sink.recovered();
    }
    reported_ = now;
  }

  void explain_namespace(const std::string& name, std::vector<std::string>& out) const {
    if (namespaces_.empty() || !row_of(options_.role).namespaced) return;
    if (std::find(namespaces_.begin(), namespaces_.end(), name) != namespaces_.end()) return;
    out.push_back("namespace " + name + " is not among the configured ones");
  }

  static void explain_scope(const ScopeReport& report, std::vector<std::string>& out) {
    if (!report.state.error.empty()) {
      out.push_back(failure_of(report).message);
    } else if (!report.state.synced) {
      out.push_back(describe(report.scope) + " were not listed yet");
    }
  }

  // Constant.
  const Options options_;
  const std::optional<Connection> connection_;
  const std::vector<std::string> namespaces_;
  Clock& clock_;
  exposition::MetricRegistry& metrics_;
  Clusters& clusters_;

  std::vector<std::unique_ptr<Unit>> units_;
  std::vector<TargetGroupPtr> groups_;  // to be handed on
  bool answered_ = false;
  std::string reported_;  // the failure that the sink knows of
};

}  // namespace

std::unique_ptr<Discoverer> make_kubernetes_discoverer(const Options& options,
                                                       std::optional<Connection> connection,
                                                       std::vector<std::string> namespaces,
                                                       const DiscovererContext& context) {
  return std::make_unique<KubernetesDiscoverer>(options, std::move(connection), std::move(namespaces),
                                                context);
}

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  if (context.clusters == nullptr) {
    return Error{ErrorCode::kInternal, "cannot discover in Kubernetes: there are no clusters"};
  }
  const kube::Surroundings surroundings = kube::real_surroundings();
  std::vector<std::string> namespaces = options.namespaces;
  if (options.own_namespace) {
    Result<std::string> own = own_namespace(surroundings);
    if (!own) return own.error();
    namespaces.push_back(std::move(*own));
  }
  const bool names_none = !options.api_server && options.kubeconfig_file.empty();
  if (names_none && context.clusters->has_own()) {
    return make_kubernetes_discoverer(options, std::nullopt, std::move(namespaces), context);
  }
  Result<Connection> connection = make_connection(options, surroundings);
  if (!connection) return connection.error();
  return make_kubernetes_discoverer(options, *std::move(connection), std::move(namespaces), context);
}

}  // namespace kubevitals::discovery::kubernetes
