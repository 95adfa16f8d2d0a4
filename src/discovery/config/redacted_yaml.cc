#include "discovery/config/redacted_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/go_text.h"
#include "base/yaml_scalar.h"
#include "discovery/config/url.h"

namespace kubevitals::discovery {
namespace {

constexpr std::string_view kSecret = "<secret>";

// Keys whose values are secrets, however deep below them. Those of other programs' sections are among them:
// nobody else looks after them.
constexpr std::string_view kSecretKeys[] = {
    "auth_token",
    "bearer_token",
    "client_certificate_key",
    "client_secret",
    "consumer_key",
    "credentials",
    "headers",  // of remote storage and tracing
    "key",      // of a certificate
    "private_key",
    "proxy_connect_header",
    "secret_access_key",
    "secret_key",
    "secrets",
    "service_account_key",
    "token",
};
constexpr std::string_view kSecretEndings[] = {"passphrase", "password", "_secret"};

// Labels are public, whatever their names are.
constexpr std::string_view kPublicKeys[] = {"external_labels", "labels"};

template <typename List>
bool contains(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool is_secret_key(std::string_view key) {
  if (contains(kSecretKeys, key)) return true;
  return std::any_of(std::begin(kSecretEndings), std::end(kSecretEndings),
                     [&](std::string_view ending) { return key.ends_with(ending); });
}

// Go shows the passwords of URLs so. What may hold one and cannot be taken apart is not shown at all.
std::string without_password(const std::string& text) {
  if (text.find('@') == std::string::npos) return text;
  if (parse_url(text)) return redact_url(text, "xxxxx");
  return text.find("://") == std::string::npos ? text : std::string(kSecret);
}

// Whether a plain scalar with this text can stand anywhere in YAML's block style.
bool is_safe(std::string_view text) {
  constexpr std::string_view kFirst = "_./+(^$<;~";
  constexpr std::string_view kInside = "_./+-<>()^$=;~,@%*?&!|[]{}'\"";
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || text == "<<" || text.starts_with("...")) return false;
  // A negative number begins like a list's item.
  const bool negative = text.size() > 1 && text[0] == '-' && is_word(text[1]);
  if (!negative && !is_word(text[0]) && kFirst.find(text[0]) == std::string_view::npos) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_word(text[i]) || kInside.find(text[i]) != std::string_view::npos) continue;
    // A colon before a space ends a key. A "#" would begin a comment, but is never let through.
    const bool last = i + 1 == text.size();
    if (last || (text[i] != ' ' && text[i] != ':') || text[i + 1] == ' ') return false;
  }
  return true;
}

// In double quotes, where JSON's escapes are YAML's, too. What YAML does not allow or takes for the end of a
// line is escaped.
std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    const bool separator = rune.value == 0x2028 || rune.value == 0x2029 || rune.value == 0xFEFF;
    if (rune.value == '"' || rune.value == '\\') {
      out.append("\\").append(1, static_cast<char>(rune.value));
    } else if (rune.value == '\n') {
      out.append("\\n");
    } else if (rune.value < 0x20 || (rune.value >= 0x7F && rune.value < 0xA0) || separator ||
               rune.value == 0xFFFE || rune.value == 0xFFFF) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(rune.value));
    } else {
      append_rune(out, rune.value);
    }
    text.remove_prefix(rune.bytes);
  }
  return out.append("\"");
}

// A text as a string, with quotes where it would be something else without them.
std::string string_scalar(const std::string& text) {
  if (!is_safe(text)) return quote(text);
  const auto scalar = resolve_yaml_scalar("?", text);
  return scalar && scalar->json.starts_with('"') ? text : quote(text);
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void set_imported(std::vector<YamlValue> jobs) { imported_ = std::move(jobs); }

  void document(const YamlValue& value) {
    if (!value.is_map()) return;
    auto members = value.members();
    const auto is = [](const char* key) { return [=](const auto& member) { return member.first == key; }; };
    const bool has_jobs = std::any_of(members.begin(), members.end(), is("scrape_configs"));
    for (const auto& [key, member] : members) {
      const bool imports = key == "scrape_config_files";
      if (imports && has_jobs && !imported_.empty()) continue;
      if ((imports && !imported_.empty()) || key == "scrape_configs") {
        jobs(imports ? std::vector<YamlValue>{} : member.items());
      } else {
        pair(key, member, 0, {});
      }
    }
  }

 private:
  void jobs(std::vector<YamlValue> own) {
    own.insert(own.end(), imported_.begin(), imported_.end());
    out_.append(own.empty() ? "scrape_configs: []\n" : "scrape_configs:\n");
    list(own, 0, {});
  }

  // What the keys above a value say of it.
  struct Kind {
    bool secret = false;
    bool is_public = false;
  };

  void pair(const std::string& key, const YamlValue& value, int indent, Kind kind) {
    out_.append(static_cast<std::size_t>(indent), ' ').append(string_scalar(key)).append(":");
    kind.is_public = kind.is_public || contains(kPublicKeys, key);
    kind.secret = kind.secret || (!kind.is_public && is_secret_key(key));
    if (has_block(value)) {
      out_.append("\n");
      block(value, value.is_map() ? indent + 2 : indent, kind);
    } else {
      out_.append(" ").append(inline_text(value, kind)).append("\n");
    }
  }

  // Whether a value takes lines of its own.
  static bool has_block(const YamlValue& value) {
    return (value.is_map() || value.is_list()) && value.node().size() > 0;
  }

  void block(const YamlValue& value, int indent, Kind kind) {
    if (value.is_list()) return list(value.items(), indent, kind);
    for (const auto& [key, member] : value.members()) pair(key, member, indent, kind);
  }

  void list(const std::vector<YamlValue>& items, int indent, Kind kind) {
    const auto margin = static_cast<std::size_t>(indent);
    for (const YamlValue& item : items) {
      if (has_block(item)) {
        // Its first line stands beside the dash.
        const std::size_t begin = out_.size();
        block(item, indent + 2, kind);
        out_[begin + margin] = '-';
      } else {
        out_.append(margin, ' ').append("- ").append(inline_text(item, kind)).append("\n");
      }
    }
  }

  static std::string inline_text(const YamlValue& value, Kind kind) {
    if (value.is_map()) return "{}";
    return value.is_list() ? "[]" : scalar(value, kind.secret);
  }

  static std::string scalar(const YamlValue& value, bool secret) {
    if (value.is_null() || value.is_missing()) return "null";
    const std::string& text = value.node().Scalar();
    if (secret && !text.empty()) return std::string(kSecret);
    const std::string& tag = value.node().Tag();
    if (tag == "tag:yaml.org,2002:binary") {
      std::string bytes;
      const bool harmless = value.read(bytes) && bytes.find('@') == std::string::npos;
      return harmless ? "!!binary " + quote(text) : std::string(kSecret);
    }
    const auto resolved = resolve_yaml_scalar(tag.empty() ? "?" : tag, text);
    if (!resolved) return text;  // infinity or no number
    // What is no string has no characters that need quotes.
    if (!resolved->json.starts_with('"')) return text;
    return string_scalar(without_password(text));
  }

  std::string& out_;
  std::vector<YamlValue> imported_;
};

}  // namespace

void RedactedYaml::import_jobs(const std::vector<YamlValue>& jobs) {
  for (const YamlValue& job : jobs) imported_.push_back(job.node());
}

std::string RedactedYaml::text() const {
  // There are none: it has been read before.
  YamlProblems problems("");
  std::vector<YamlValue> imported;
  for (const YAML::Node& job : imported_) imported.emplace_back(job, "", problems);
  std::string out;
  Writer writer(out);
  writer.set_imported(std::move(imported));
  writer.document(YamlValue(document_, "", problems));
  return out;
}

}  // namespace kubevitals::discovery
