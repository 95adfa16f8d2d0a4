#include "net/web_config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/go_duration.h"
#include "base/yaml_fields.h"
#include "base/yaml_scalar.h"
#include "net/bcrypt.h"
#include "net/web_config_tls.h"

namespace kubevitals::net {
namespace {

struct HeaderRule {
  const char* name;
  std::vector<std::string_view> values;  // empty: any
};

const std::vector<HeaderRule>& header_rules() {
  static const std::vector<HeaderRule> kRules = {
      {"Content-Security-Policy", {}},
      {"Strict-Transport-Security", {}},
      {"X-Content-Type-Options", {"nosniff"}},
      {"X-Frame-Options", {"deny", "sameorigin"}},
      {"X-XSS-Protection", {}},
  };
  return kRules;
}

void check_header(const HeaderRule& rule, const YamlValue& value, const std::string& text) {
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) value.complain("a header cannot have line breaks");
  if (rule.values.empty() || std::find(rule.values.begin(), rule.values.end(), text) != rule.values.end())
    return;
  std::string expected;
  for (const std::string_view known : rule.values)
    expected.append(expected.empty() ? "" : " or ").append(known);
  value.complain("expected " + expected);
}

void read_headers(const YamlValue& value, Headers& out) {
  YamlMapping fields(value);
  for (const HeaderRule& rule : header_rules()) {
    const YamlValue field = fields.get(rule.name);
    std::string text;
    if (field.is_missing() || !field.read(text) || text.empty()) continue;
    check_header(rule, field, text);
    out.set(rule.name, std::move(text));
  }
  fields.finish();
}

void read_http(const YamlValue& value, WebConfig& out) {
  YamlMapping fields(value);
  fields.read("http2", out.http2);
  read_headers(fields.get("headers"), out.headers);
  fields.finish();
}

void read_users(const YamlValue& value, Users& out) {
  for (const auto& [name, entry] : value.members()) {
    if (name.find(':') != std::string::npos) entry.complain("a user's name cannot have a colon in it");
    std::string hash;
    if (!entry.read(hash)) continue;
    if (const Result<void> checked = check_bcrypt_hash(hash); !checked)
      entry.complain(checked.error().message);
    out[name] = std::move(hash);
  }
}

// As yaml.v2 reads a Go duration: a text, or a number of nanoseconds.
void read_interval(const YamlValue& value, std::chrono::nanoseconds& out) {
  std::string text;
  if (value.is_missing() || value.is_null() || !value.read(text)) return;
  const bool numeric = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (numeric && value.node().Tag() != "!") {
    std::int64_t nanoseconds = 0;
    if (value.read(nanoseconds)) out = std::chrono::nanoseconds(nanoseconds);
    return;
  }
  const Result<std::chrono::nanoseconds> interval = parse_go_duration(text);
  if (!interval) return value.complain(interval.error().message);
  if (interval->count() < 0) return value.complain("cannot be negative");
  out = *interval;
}

void read_rate_limit(const YamlValue& value, RateLimit& out) {
  YamlMapping fields(value);
  read_interval(fields.get("interval"), out.interval);
  fields.read("burst", out.burst);
  if (out.interval.count() > 0 && out.burst < 1) {
    fields.complain("burst", "must be at least 1 with an interval, or every request would be refused");
  }
  fields.finish();
}

}  // namespace

Result<WebConfig> parse_web_config(const std::string& text, const std::string& path,
                                   const FileReader& read_file) {
  YamlProblems problems(path);
  const Result<YamlValue> document = parse_yaml(text, problems);
  if (!document) return document.error();
  WebConfig config;
  YamlMapping fields(*document);
  config.tls = read_tls_server_config(fields.get("tls_server_config"), read_file);
  read_http(fields.get("http_server_config"), config);
  read_users(fields.get("basic_auth_users"), config.users);
  read_rate_limit(fields.get("rate_limit"), config.rate_limit);
  fields.finish();
  if (Result<void> good = problems.result(); !good) return good.error();
  return config;
}

Result<WebConfig> load_web_config(const std::string& path) {
  const Result<std::string> text = read_text_file(path);
  if (!text) return text.error();
  return parse_web_config(*text, path, &read_text_file);
}

}  // namespace kubevitals::net
