#include "discovery/kubernetes/options.h"

#include <algorithm>

#include "discovery/kubernetes/selectors.h"

namespace kubevitals::discovery::kubernetes {
namespace {

std::string names_of(std::span<const Role> allowed) {
  std::string names;
  for (const Role role : allowed) names.append(names.empty() ? "" : ", ").append(row_of(role).name);
  return names;
}

std::string all_roles() {
  std::string names;
  for (const RoleRow& row : roles()) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

// Nothing, after a complaint, when there is no such role.
std::optional<Role> read_role(YamlMapping& mapping) {
  std::string name;
  const YamlValue value = mapping.get("role");
  if (!value.is_missing() && !value.is_null() && !value.read(name)) return std::nullopt;
  if (name.empty() && (value.is_missing() || value.is_null())) {
    mapping.complain("role is missing; it is one of " + all_roles());
    return std::nullopt;
  }
  const std::optional<Role> role = find_role(name);
  if (!role) mapping.complain("role", "unknown role; expected one of " + all_roles());
  return role;
}

void read_namespaces(const YamlValue& value, Options& out) {
  if (value.is_missing()) return;
  YamlMapping mapping(value);
  mapping.read("own_namespace", out.own_namespace);
  mapping.read("names", out.namespaces);
  mapping.finish();
}

void read_attach(const YamlValue& value, AttachOptions& out) {
  if (value.is_missing()) return;
  YamlMapping mapping(value);
  mapping.read("node", out.node);
  mapping.read("namespace", out.namespace_);
  mapping.read("deployment", out.deployment);
  mapping.read("job", out.job);
  mapping.read("cronjob", out.cronjob);
  mapping.finish();
}

// `allowed`: unknown when the item's own role is.
void read_selector(const YamlValue& value, const RoleRow* row, Options& out) {
  YamlMapping mapping(value);
  Selector selector;
  mapping.read("label", selector.label);
  mapping.read("field", selector.field);
  const std::optional<Role> role = read_role(mapping);
  mapping.finish();
  if (const Result<void> checked = check_field_selector(selector.field); !checked) {
    mapping.complain("field", "bad field selector: " + checked.error().message);
  }
  if (const Result<void> checked = check_label_selector(selector.label); !checked) {
    mapping.complain("label", "bad label selector: " + checked.error().message);
  }
  if (!role) return;
  selector.role = *role;
  const auto same = [&](const Selector& other) { return other.role == selector.role; };
  if (std::any_of(out.selectors.begin(), out.selectors.end(), same)) {
    mapping.complain("role", "there is another selector of this role");
  }
  if (row != nullptr &&
      std::find(row->selectors.begin(), row->selectors.end(), *role) == row->selectors.end()) {
    mapping.complain("role", "role " + std::string(row->name) + " takes only selectors of the roles " +
                                 names_of(row->selectors));
  }
  out.selectors.push_back(std::move(selector));
}

void check_connection(YamlMapping& mapping, const Options& options) {
  const bool own_client = !(options.http == HttpClientOptions());
  const bool kubeconfig = !options.kubeconfig_file.empty();
  if (options.api_server && kubeconfig) {
    mapping.complain("kubeconfig_file", "cannot be used together with api_server");
  }
  if (kubeconfig && own_client) {
    mapping.complain("kubeconfig_file", "cannot be used together with HTTP client options");
  }
  if (!options.api_server && !kubeconfig && own_client) {
    mapping.complain("HTTP client options need api_server");
  }
  if (!options.own_namespace) return;
  if (options.api_server)
    mapping.complain("namespaces", "own_namespace cannot be used together with api_server");
  if (kubeconfig)
    mapping.complain("namespaces", "own_namespace cannot be used together with kubeconfig_file");
}

}  // namespace

void read_options(YamlMapping& mapping, const ReadContext& context, Options& out) {
  const std::optional<Role> role = read_role(mapping);
  if (role) out.role = *role;
  std::string url;
  if (read_url(mapping, "api_server", url) && !mapping.get("api_server").is_null()) {
    out.api_server = std::move(url);
  }
  std::string kubeconfig;
  if (mapping.read("kubeconfig_file", kubeconfig)) out.kubeconfig_file = context.path(kubeconfig);
  read_http_client_options(mapping, context, out.http);
  read_namespaces(mapping.get("namespaces"), out);
  const RoleRow* row = role ? &row_of(*role) : nullptr;
  for (const YamlValue& item : mapping.get("selectors").items()) read_selector(item, row, out);
  read_attach(mapping.get("attach_metadata"), out.attach);
  check_connection(mapping, out);
}

}  // namespace kubevitals::discovery::kubernetes
