#include "usage/api/api_status.h"

#include <optional>
#include <utility>

#include "base/go_text.h"
#include "base/yaml_scalar.h"
#include "usage/api/json_text.h"

namespace kubevitals::usage {
namespace {

// `details` is JSON; empty: there are none.
net::ServerResponse write_status(int code, std::string_view reason, std::string_view message, bool pretty,
                                 std::string_view details) {
  std::string out = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)";
  append_json_string(out, message);
  out.append(R"(,"reason":")").append(reason).append("\"");
  if (!details.empty()) out.append(R"(,"details":)").append(details);
  out.append(R"(,"code":)").append(std::to_string(code)).append("}");
  std::string body = pretty ? indent_json(out, "", "  ") : std::move(out.append("\n"));
  return net::ServerResponse::text(code, std::move(body), "application/json");
}

constexpr std::string_view kNoDetails = "{}";

}  // namespace

net::ServerResponse status_answer(int code, std::string_view reason, std::string_view message, bool pretty,
                                  const StatusDetails& details) {
  std::string out;
  const auto member = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
    append_json_string(out, value);
  };
  member("name", details.name);
  member("group", details.group);
  member("kind", details.kind);
  if (!out.empty()) out.push_back('}');
  return write_status(code, reason, message, pretty, out);
}

net::ServerResponse unknown_path(const net::ServerRequest& request) {
  return write_status(404, "NotFound", "the server could not find the requested resource",
                      wants_pretty(request), kNoDetails);
}

net::ServerResponse unknown_method(const net::ServerRequest& request) {
  return write_status(405, "MethodNotAllowed",
                      "the server does not allow this method on the requested resource",
                      wants_pretty(request), kNoDetails);
}

bool wants_pretty(const net::ServerRequest& request) {
  if (const auto asked = request.parameter("pretty"); asked && !asked->empty()) {
    return *asked == "true" || *asked == "1" || *asked == "t" || *asked == "T" || *asked == "TRUE" ||
           *asked == "True";
  }
  const std::string_view agent = request.headers.find("User-Agent").value_or("");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

bool wants_watch(const net::ServerRequest& request) {
  const std::optional<std::string_view> watch = request.parameter("watch");
  return watch && *watch != "0" && to_lower(*watch) != "false";
}

}  // namespace kubevitals::usage
