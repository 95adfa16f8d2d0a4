// The simulator's own paths, below /sim/: faults, churn, compaction, tokens.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "sim/api/aggregator.h"
#include "sim/api/requests.h"
#include "sim/api/server.h"
#include "sim/kubelet/kubelets.h"

namespace kubevitals::sim {
namespace {

net::ServerResponse refused(int status, std::string_view why) {
  return json_response(status, json::object({{"error", why}}));
}

std::optional<std::uint64_t> number_parameter(const net::ServerRequest& request, std::string_view name) {
  const std::optional<std::string_view> text = request.parameter(name);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

net::ServerResponse churn(Cluster& cluster, const net::ServerRequest& request) {
  constexpr std::uint64_t kMost = 10'000'000;
  if (const std::optional<std::uint64_t> rate = number_parameter(request, "rate"); rate && *rate <= kMost) {
    cluster.set_churn_rate(static_cast<double>(*rate));
    return json_response(200,
                         json::object({{"rate", *rate}, {"resourceVersion", std::to_string(cluster.rv())}}));
  }
  const std::string_view kind = request.parameter("kind").value_or("");
  const std::optional<std::uint64_t> percent = number_parameter(request, "percent");
  std::optional<std::uint64_t> updates = number_parameter(request, "updates");
  if (percent && kind == "pods") updates = cluster.count(kPod) * std::min<std::uint64_t>(*percent, 100) / 100;
  if (!updates || *updates > kMost || (!kind.empty() && kind != "pods")) {
    return refused(
        400, "give rate=N, or updates=N, with kind=pods for exactly N pods, or kind=pods and percent=N");
  }
  const std::size_t done = kind == "pods" ? cluster.churn_pods(*updates) : cluster.churn(*updates);
  return json_response(200,
                       json::object({{"updates", done}, {"resourceVersion", std::to_string(cluster.rv())}}));
}

}  // namespace

net::ServerResponse ApiServer::admin_faults(const net::ServerRequest& request) {
  if (request.method == "GET") return json_response(200, json::object({{"faults", faults_.document()}}));
  if (request.method == "DELETE") {
    if (const std::optional<std::uint64_t> id = number_parameter(request, "id")) {
      if (!faults_.remove(*id)) return refused(404, "there is no such fault");
    } else {
      faults_.clear();
    }
    cluster_->wake_all();
    return json_response(200, json::object({{"faults", faults_.document()}}));
  }
  if (request.method != "POST") return refused(405, "use GET, POST or DELETE");
  const ApiResult<json::value> body = parse_body(request);
  if (!body) return refused(400, body.error().message);
  Result<Fault> fault = parse_fault(*body);
  if (!fault) return refused(400, fault.error().message);
  if (fault->of_kubelets() && kubelets_ == nullptr) return refused(400, "there are no kubelets");
  // What happens once is not kept.
  if (fault->kind == FaultKind::kReset) {
    return json_response(201, json::object({{"nodes", kubelets_->reset(*fault)}}));
  }
  const std::uint64_t id = faults_.add(std::move(*fault));
  cluster_->wake_all();
  return json_response(201, json::object({{"id", id}}));
}

net::ServerResponse ApiServer::admin_registration(const net::ServerRequest& request) {
  Result<void> done;
  if (request.path == "/sim/access") {
    const ApiResult<json::value> body = parse_body(request);
    if (!body) return refused(400, body.error().message);
    done = access_.configure(*body);
  } else if (aggregator_ != nullptr) {
    done = aggregator_->register_server(std::string(request.parameter("url").value_or("")), {});
  }
  if (!done) return refused(400, done.error().message);
  return json_response(200, json::object({{"resourceVersion", std::to_string(cluster_->rv())}}));
}

net::ServerResponse ApiServer::admin(const net::ServerRequest& request) {
  const std::string& path = request.path;
  if (path == "/sim/faults") return admin_faults(request);
  if (path == "/sim/status") {
    json::object objects;
    json::object watches;
    for (unsigned i = 0; i < catalog().size(); ++i) {
      if (const std::size_t count = cluster_->count(i); count != 0)
        objects.emplace(catalog()[i].type().plural, count);
      if (const long holders = presences_[i].use_count(); holders > 1) {
        watches.emplace(catalog()[i].type().plural, holders - 1);
      }
    }
    return json_response(200, json::object({{"resourceVersion", std::to_string(cluster_->rv())},
                                            {"objects", std::move(objects)},
                                            {"watches", std::move(watches)}}));
  }
  const bool registration = path == "/sim/access" || path == "/sim/metrics-api";
  const bool known = path == "/sim/churn" || path == "/sim/compact" || path == "/sim/drop-watches" ||
                     path == "/sim/token" || registration;
  if (!known) {
    return refused(
        404, "there are /sim/status, faults, churn, compact, drop-watches, token, access and metrics-api");
  }
  if (request.method != "POST") return refused(405, "use POST");
  if (registration) return admin_registration(request);
  if (path == "/sim/churn") return churn(*cluster_, request);
  if (path == "/sim/compact") {
    cluster_->compact();
    cluster_->wake_all();
  } else if (path == "/sim/drop-watches") {
    drop_watches();
  } else {
    set_token(std::string(request.parameter("token").value_or("")));
  }
  return json_response(200, json::object({{"resourceVersion", std::to_string(cluster_->rv())}}));
}

}  // namespace kubevitals::sim
