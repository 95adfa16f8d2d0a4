#include "kube/server_version.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "kube/api_status.h"
#include "kube/config_files.h"

namespace kubevitals::kube {
namespace {

constexpr const char* kCannot = "cannot get the version of the API server";

Result<ServerVersion> read_version(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(body, error);
  if (error || !document.is_object()) {
    return Error{ErrorCode::kInvalid, std::string(kCannot) + ": the answer is not a JSON object"};
  }
  const auto text = [&](const char* key) {
    const boost::json::value* value = document.get_object().if_contains(key);
    return value != nullptr && value->is_string() ? one_line(value->get_string()) : std::string();
  };
  ServerVersion version{text("major"), text("minor"), text("gitVersion"), text("platform")};
  if (version.git_version.empty()) {
    return Error{ErrorCode::kInvalid,
                 std::string(kCannot) + ": the answer has no gitVersion; is this an API server?"};
  }
  return version;
}

}  // namespace

asio::awaitable<Result<ServerVersion>> server_version(ApiTransport& transport) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ApiRequest request;
  request.path = "/version";
  request.accept = kJsonMediaType;
  const Result<net::HttpResponse> response = co_await transport.send(std::move(request));
  if (!response) co_return response.error().wrap(kCannot);
  if (response->status != 200) co_return response_error(*response).wrap(kCannot);
  co_return read_version(response->body);
}

Error response_error(const net::HttpResponse& response) {
  Result<ApiStatus> read = read_api_status(response.body);
  ApiStatus status = read ? std::move(*read) : ApiStatus{};
  // The line of HTTP counts: a Status may be without a code.
  status.code = response.status;
  if (status.message.empty() && status.reason.empty()) {
    status.message = "HTTP status " + std::to_string(response.status);
    const std::string begin = one_line(response.body, 120);
    if (begin.find_first_not_of(' ') != std::string::npos) status.message += ": " + begin;
  }
  Error error = to_error(status);
  error.message = one_line(error.message, 1000);
  return error;
}

}  // namespace kubevitals::kube
