#include "discovery/target_url.h"

#include "discovery/target_group.h"

namespace kubevitals::discovery {
namespace {

// What is not escaped, besides letters, digits and "-_.~".
constexpr std::string_view kPlainInPath = "$&+,/:;=@";
constexpr std::string_view kPlainInHost = "!\"$&'()*+,:;<=>[]";

void append_escaped(std::string& out, std::string_view text, std::string_view plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || std::string_view("-_.~").find(c) != std::string_view::npos ||
        plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
}

void append_component(std::string& out, std::string_view text) {
  for (std::size_t space; (space = text.find(' ')) != std::string_view::npos;) {
    append_escaped(out, text.substr(0, space), "");
    out += '+';
    text.remove_prefix(space + 1);
  }
  append_escaped(out, text, "");
}

std::string encode_query(const std::map<std::string, std::vector<std::string>>& params) {
  std::string out;
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      if (!out.empty()) out += '&';
      append_component(out, name);
      out += '=';
      append_component(out, value);
    }
  }
  return out;
}

void append_path(std::string& out, std::string_view path, bool has_host) {
  if (!path.empty() && path[0] != '/' && has_host) out += '/';
  // Or the first segment would be taken for a scheme.
  if (out.empty() && path.substr(0, path.find('/')).find(':') != std::string_view::npos) out += "./";
  if (path == "*") {
    out += path;
  } else {
    append_escaped(out, path, kPlainInPath);
  }
}

}  // namespace

std::string target_url(const LabelBlock& labels, std::map<std::string, std::vector<std::string>> params) {
  static const LabelName scheme_name("__scheme__");
  static const LabelName path_name("__metrics_path__");
  static const LabelName unix_socket_name("__unix_socket__");
  std::vector<Label> all;
  merge_labels({&labels}, all);
  for (const Label& label : all) {
    const std::string_view name = label.name.text();
    if (!name.starts_with(kParamPrefix) || label.value.empty()) continue;
    std::vector<std::string>& values = params[std::string(name.substr(kParamPrefix.size()))];
    if (values.empty()) values.emplace_back();
    values[0] = label.value;
  }
  const auto get = [&](LabelName name) { return labels.find(name).value_or(std::string_view()); };
  std::string_view host = get(address_label());
  if (host.empty() && !get(unix_socket_name).empty()) host = "localhost";
  const std::string_view scheme = get(scheme_name);
  const std::string_view path = get(path_name);

  std::string out;
  if (!scheme.empty()) out.append(scheme).append(":");
  if (!host.empty() || (!scheme.empty() && !path.empty())) out += "//";
  append_escaped(out, host, kPlainInHost);
  append_path(out, path, !host.empty());
  const std::string query = encode_query(params);
  return query.empty() ? out : out.append("?").append(query);
}

}  // namespace kubevitals::discovery
