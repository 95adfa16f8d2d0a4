#include "sim/api/error.h"

#include <fmt/format.h>

namespace kubevitals::sim {
namespace {

json::object details_of(std::string_view group, std::string_view kind, std::string_view name) {
  json::object details;
  if (!name.empty()) details.emplace("name", name);
  if (!group.empty()) details.emplace("group", group);
  if (!kind.empty()) details.emplace("kind", kind);
  return details;
}

json::array one_cause(std::string_view reason, std::string_view message, std::string_view field) {
  json::object cause({{"reason", reason}, {"message", message}});
  if (!field.empty()) cause.emplace("field", field);
  json::array causes;
  causes.emplace_back(std::move(cause));
  return causes;
}

// "pods" or "deployments.apps": how messages name a resource.
std::string qualified(const kube::ResourceType& type) {
  return type.group.empty() ? std::string(type.plural) : fmt::format("{}.{}", type.plural, type.group);
}

}  // namespace

json::object ApiError::document() const {
  json::object metadata;
  if (!continue_token.empty()) metadata.emplace("continue", continue_token);
  json::object status({{"kind", "Status"},
                       {"apiVersion", "v1"},
                       {"metadata", std::move(metadata)},
                       {"status", "Failure"},
                       {"message", message},
                       {"reason", reason}});
  json::object all(details);
  if (retry_after_seconds != 0) all["retryAfterSeconds"] = retry_after_seconds;
  if (!all.empty()) status.emplace("details", std::move(all));
  status.emplace("code", code);
  return status;
}

ApiError bad_request(std::string message) {
  return {400, "BadRequest", std::move(message), {}};
}

ApiError not_found(const kube::ResourceType& type, std::string_view name) {
  return {404, "NotFound", fmt::format("{} \"{}\" not found", qualified(type), name),
          details_of(type.group, type.plural, name)};
}

ApiError already_exists(const kube::ResourceType& type, std::string_view name) {
  return {409, "AlreadyExists", fmt::format("{} \"{}\" already exists", qualified(type), name),
          details_of(type.group, type.plural, name)};
}

ApiError conflict(const kube::ResourceType& type, std::string_view name, std::string_view why) {
  return {409, "Conflict", fmt::format("cannot change {} \"{}\": {}", qualified(type), name, why),
          details_of(type.group, type.plural, name)};
}

ApiError invalid(std::string_view group, std::string_view kind, std::string_view name, std::string_view field,
                 std::string_view why) {
  json::object details = details_of(group, kind, name);
  details.emplace("causes", one_cause("FieldValueInvalid", why, field));
  return {422, "Invalid", fmt::format("{} \"{}\" is invalid: {}: {}", kind, name, field, why),
          std::move(details)};
}

ApiError expired(std::string message) {
  return {410, "Expired", std::move(message), {}};
}

ApiError too_large_resource_version(std::uint64_t wanted, std::uint64_t current) {
  json::object details;
  // Clients recognise this failure by the cause (client-go's reflector).
  details.emplace("causes", one_cause("ResourceVersionTooLarge", "Too large resource version", ""));
  return {504, "Timeout",
          fmt::format("Timeout: Too large resource version: {}, current: {}", wanted, current),
          std::move(details), 1};
}

ApiError method_not_allowed(std::string_view method) {
  return {405, "MethodNotAllowed", fmt::format("the server does not allow {} on this resource", method), {}};
}

ApiError path_not_found() {
  return {404, "NotFound", "the server could not find the requested resource", {}};
}

}  // namespace kubevitals::sim
