#include "net/web_config_tls.h"

#include <openssl/ssl.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace kubevitals::net {
namespace {

struct CipherSuite {
  std::string_view name;
  const char* openssl;  // null: of TLS 1.3, where all are always on, as in Go
};
// What Go's tls.CipherSuites() lists, in the order in which Go prefers them.
constexpr CipherSuite kCipherSuites[] = {
    {"TLS_AES_128_GCM_SHA256", nullptr},
    {"TLS_AES_256_GCM_SHA384", nullptr},
    {"TLS_CHACHA20_POLY1305_SHA256", nullptr},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
};

struct Curve {
  std::string_view name;
  const char* openssl;
};
constexpr Curve kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};

struct Version {
  std::string_view name;
  int openssl;
};
constexpr Version kVersions[] = {
    {"TLS10", TLS1_VERSION}, {"TLS11", TLS1_1_VERSION}, {"TLS12", TLS1_2_VERSION}, {"TLS13", TLS1_3_VERSION}};

struct Policy {
  std::string_view name;
  ClientAuth client_auth;
};
constexpr Policy kPolicies[] = {{"NoClientCert", ClientAuth::kNone},
                                {"RequestClientCert", ClientAuth::kRequest},
                                {"RequireAnyClientCert", ClientAuth::kRequireAny},
                                {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
                                {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify},
                                {"RequireClientCert", ClientAuth::kRequireAny}};  // the toolkit's older name

template <typename Row, std::size_t kSize>
const Row* find_named(const Row (&rows)[kSize], std::string_view name) {
  const Row* const found =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.name == name; });
  return found == std::end(rows) ? nullptr : found;
}

template <typename Row, std::size_t kSize>
std::string expected_one_of(const Row (&rows)[kSize]) {
  std::string text;
  for (const Row& row : rows) text.append(text.empty() ? "expected one of " : ", ").append(row.name);
  return text;
}

// The mapping, with what it takes to read it; one of them reads one mapping.
class TlsReader {
 public:
  TlsReader(const YamlValue& value, const FileReader& read_file) : fields_(value), read_file_(read_file) {}

  std::optional<ServerTlsOptions> read() {
    // Which of them are set at all decides whether TLS is on.
    const Text certificate = read_text("cert", "cert_file");
    const Text key = read_text("key", "key_file");
    const Text client_ca = read_text("client_ca", "client_ca_file");
    const bool has_policy = read_client_auth();
    read_sans();
    read_versions();
    read_ciphers();
    read_curves();
    bool ignored = false;
    fields_.read("prefer_server_cipher_suites", ignored);
    fields_.finish();
    if (!certificate.set && !key.set && !client_ca.set && !has_policy && !options_.allowed_sans) return {};
    check(certificate, key, client_ca);
    return options_;
  }

 private:
  // A text that stands in the file or in one of its own.
  struct Text {
    bool set = false;
    bool readable = false;
    std::string key;  // in the mapping: where to complain
    std::string text;
  };

  Text read_text(const std::string& inline_key, const std::string& file_key) {
    Text result;
    std::string file;
    fields_.read(inline_key, result.text);
    fields_.read(file_key, file);
    result.set = !result.text.empty() || !file.empty();
    result.readable = !result.text.empty();
    result.key = file.empty() ? inline_key : file_key;
    if (file.empty()) return result;
    if (result.readable) {
      fields_.complain(inline_key, "there is " + file_key + " as well; one of the two");
      result.readable = false;
      return result;
    }
    const std::filesystem::path folder =
        std::filesystem::path(fields_.value().problems().file()).parent_path();
    Result<std::string> text = read_file_((folder / file).string());
    result.readable = text.has_value();
    if (text) {
      result.text = std::move(*text);
    } else {
      fields_.complain(file_key, text.error().message);
    }
    return result;
  }

  bool read_client_auth() {
    std::string name;
    if (!fields_.read("client_auth_type", name) || name.empty()) return false;
    if (const Policy* const policy = find_named(kPolicies, name)) {
      options_.client_auth = policy->client_auth;
    } else {
      fields_.complain("client_auth_type", expected_one_of(kPolicies));
      policy_known_ = false;
    }
    return true;
  }

  void read_sans() {
    const YamlValue value = fields_.get("client_allowed_sans");
    if (value.is_missing() || value.is_null()) return;
    // An empty list allows nobody.
    value.read(options_.allowed_sans.emplace());
  }

  void read_versions() {
    const auto read = [this](std::string_view key, int& version) {
      std::string name;
      if (!fields_.read(key, name) || name.empty()) return;
      if (const Version* const known = find_named(kVersions, name)) {
        version = known->openssl;
      } else {
        fields_.complain(key, expected_one_of(kVersions));
      }
    };
    read("min_version", options_.min_version);
    read("max_version", options_.max_version);
    if (options_.min_version > options_.max_version) {
      fields_.complain(fields_.has("min_version") ? "min_version" : "max_version",
                       "min_version is above max_version");
    }
  }

  void read_ciphers() {
    const YamlValue list = fields_.get("cipher_suites");
    std::vector<const CipherSuite*> chosen;
    for (const YamlValue& item : list.items()) {
      std::string name;
      if (!item.read(name)) continue;
      const CipherSuite* const suite = find_named(kCipherSuites, name);
      if (suite == nullptr) item.complain("unknown cipher suite \"" + name + "\"");
      chosen.push_back(suite);
    }
    if (chosen.empty()) return;
    for (const CipherSuite& suite : kCipherSuites) {
      const bool named = std::find(chosen.begin(), chosen.end(), &suite) != chosen.end();
      if (named && suite.openssl != nullptr) options_.ciphers.emplace_back(suite.openssl);
    }
    const bool unknown = std::find(chosen.begin(), chosen.end(), nullptr) != chosen.end();
    if (unknown || !options_.ciphers.empty()) return;
    // Suites of TLS 1.3 alone leave none for what is older.
    if (options_.max_version < TLS1_3_VERSION)
      list.complain("none of them is for TLS 1.2, which is max_version");
    options_.min_version = TLS1_3_VERSION;
  }

  void read_curves() {
    for (const YamlValue& item : fields_.get("curve_preferences").items()) {
      std::string name;
      if (!item.read(name)) continue;
      if (const Curve* const curve = find_named(kCurves, name)) {
        options_.groups.emplace_back(curve->openssl);
      } else {
        item.complain("unknown curve \"" + name + "\": " + expected_one_of(kCurves));
      }
    }
  }

  void check(const Text& certificate, const Text& key, const Text& client_ca) {
    const std::size_t before = problems();
    if (!certificate.set) fields_.complain("one of cert_file and cert is needed");
    if (!key.set) fields_.complain("one of key_file and key is needed");
    if (certificate.readable) complain(certificate, check_certificates(certificate.text));
    if (key.readable) complain(key, check_key(key.text, certificate.text));
    if (client_ca.readable) complain(client_ca, check_certificates(client_ca.text));
    if (options_.client_auth == ClientAuth::kNone && policy_known_) {
      if (client_ca.set) fields_.complain(client_ca.key, kNeedsPolicy);
      if (options_.allowed_sans) fields_.complain("client_allowed_sans", kNeedsPolicy);
    }
    options_.certificate = certificate.text;
    options_.key = key.text;
    options_.client_ca = client_ca.text;
    if (problems() > before || !certificate.readable || !key.readable) return;
    // What is left to go wrong is about all of it.
    const auto tls = ServerTls::create(options_);
    if (!tls) fields_.complain(tls.error().message);
  }

  void complain(const Text& text, const Result<void>& checked) {
    if (!checked) fields_.complain(text.key, checked.error().message);
  }

  std::size_t problems() const { return fields_.value().problems().found().size(); }

  static constexpr const char* kNeedsPolicy =
      "has no effect without a client_auth_type that asks for certificates";

  YamlMapping fields_;
  const FileReader& read_file_;
  ServerTlsOptions options_;
  bool policy_known_ = true;
};

}  // namespace

std::optional<ServerTlsOptions> read_tls_server_config(const YamlValue& value, const FileReader& read_file) {
  return TlsReader(value, read_file).read();
}

}  // namespace kubevitals::net
