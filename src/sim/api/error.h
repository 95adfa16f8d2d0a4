// How the simulated API server says no.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "sim/document.h"

namespace kubevitals::sim {

// A metav1.Status of status "Failure". `reason` is one of the API's: "NotFound", "Conflict", ...
struct ApiError {
  int code = 500;
  std::string reason;
  std::string message;
  json::object details;
  int retry_after_seconds = 0;      // also sent as Retry-After
  std::string continue_token = {};  // metadata.continue of an expired list

  // The Status object with apiVersion and kind.
  json::object document() const;
};

// A value or what the client is told instead.
template <typename T>
class [[nodiscard]] ApiResult {
 public:
  ApiResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  ApiResult(ApiError error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const ApiError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, ApiError> state_;
};

ApiError bad_request(std::string message);
ApiError not_found(const kube::ResourceType& type, std::string_view name);
ApiError already_exists(const kube::ResourceType& type, std::string_view name);
ApiError conflict(const kube::ResourceType& type, std::string_view name, std::string_view why);
// 422; `field` and `why` become the one cause.
ApiError invalid(std::string_view group, std::string_view kind, std::string_view name, std::string_view field,
                 std::string_view why);
ApiError expired(std::string message);
ApiError too_large_resource_version(std::uint64_t wanted, std::uint64_t current);
ApiError method_not_allowed(std::string_view method);
ApiError path_not_found();

}  // namespace kubevitals::sim
