#include "net/web_config_source.h"

#include <openssl/evp.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/yaml_fields.h"

namespace kubevitals::net {
namespace {

// A file system's clock may tick only every few milliseconds (some: every two seconds), so that a file
// written twice within that time has the same stamp.
constexpr std::time_t kSettlingSeconds = 3;

std::string digest(const std::string& text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

bool verifies_clients(const WebConfig& config) {
  return config.tls && config.tls->client_auth == ClientAuth::kRequireAndVerify;
}

bool names_clients(const WebConfig& config) {
  return config.tls && config.tls->allowed_sans;
}

// Why `after` must not follow `before` without a restart; empty when it may.
std::string_view forbidden(const WebConfig& before, const WebConfig& after) {
  if (before.tls && !after.tls)
    return "it no longer has a certificate; TLS can only be switched off by a restart";
  if (!before.tls && after.tls) return "it has a certificate now; TLS can only be switched on by a restart";
  if (!before.users.empty() && after.users.empty())
    return "it no longer has users; passwords can only be switched off by a restart";
  if (verifies_clients(before) && !verifies_clients(after))
    return "it no longer verifies the clients' certificates; that can only be switched off by a restart";
  if (names_clients(before) && !names_clients(after))
    return "it no longer says which clients are allowed; that can only be switched off by a restart";
  return {};
}

bool same_time(const std::timespec& a, const std::timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

bool WebConfigSource::Stamp::operator==(const Stamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         same_time(modified, other.modified) && same_time(changed, other.changed);
}

WebConfigSource::Stamp WebConfigSource::stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim, found.st_ctim};
}

bool WebConfigSource::changed(const Reading& reading) {
  return std::any_of(reading.files.begin(), reading.files.end(),
                     [](const File& file) { return !(stamp_of(file.path) == file.stamp); });
}

std::string WebConfigSource::digest_of(const std::vector<File>& files) {
  std::string all;
  for (const File& file : files) {
    const Result<std::string> text = read_text_file(file.path);
    all.append(text ? digest(*text) : digest(text.error().message));
  }
  return digest(all);
}

Result<std::shared_ptr<WebConfigSource>> WebConfigSource::open(std::string path) {
  Reader reader = [path](const FileReader& read_file) -> Result<WebConfig> {
    const Result<std::string> text = read_file(path);
    if (!text) return text.error();
    return parse_web_config(*text, path, read_file);
  };
  return open(std::move(path), std::move(reader));
}

Result<std::shared_ptr<WebConfigSource>> WebConfigSource::open_certificate(std::string certificate,
                                                                           std::string key) {
  Reader reader = [certificate, key = std::move(key)](const FileReader& read_file) -> Result<WebConfig> {
    Result<std::string> chain = read_file(certificate);
    Result<std::string> secret = read_file(key);
    if (!chain) return chain.error();
    if (!secret) return secret.error();
    WebConfig config;
    config.tls.emplace();
    config.tls->certificate = std::move(*chain);
    config.tls->key = std::move(*secret);
    config.tls->client_auth = ClientAuth::kRequest;
    return config;
  };
  return open(std::move(certificate), std::move(reader));
}

Result<std::shared_ptr<WebConfigSource>> WebConfigSource::open(std::string path, Reader reader) {
  auto source = std::make_shared<WebConfigSource>(Private(), std::move(path), std::move(reader));
  Result<std::shared_ptr<const WebState>> state = source->read(source->reading_);
  if (!state) return state.error();
  source->state_ = std::move(*state);
  source->serves_tls_ = source->state_->tls != nullptr;
  return source;
}

Result<std::shared_ptr<const WebState>> WebConfigSource::read(Reading& reading) const {
  const std::time_t now = std::time(nullptr);
  std::string all;
  reading = {};
  reading.settled = true;
  // Stamps are taken before their files are read: what is written later has another one.
  const auto read_file = [&](const std::string& path) {
    const Stamp stamp = stamp_of(path);
    Result<std::string> text = read_text_file(path);
    reading.settled = reading.settled && now - stamp.changed.tv_sec > kSettlingSeconds;
    reading.readable = reading.readable && text;
    reading.files.push_back({path, stamp});
    all.append(text ? digest(*text) : digest(text.error().message));
    return text;
  };
  Result<WebConfig> config = reader_(read_file);
  reading.digest = digest(all);
  if (!config) return config.error();
  auto state = std::make_shared<WebState>();
  if (config->tls) {
    const Result<std::shared_ptr<ServerTls>> tls = ServerTls::create(*config->tls);
    if (!tls) return tls.error().wrap(path_);
    state->tls = *tls;
  }
  state->config = std::move(*config);
  return std::shared_ptr<const WebState>(std::move(state));
}

std::shared_ptr<const WebState> WebConfigSource::current() {
  const std::lock_guard lock(mutex_);
  const bool doubtful = !reading_.settled || !reading_.readable;
  if (changed(reading_) || (doubtful && digest_of(reading_.files) != reading_.digest)) {
    reload();
  } else if (!reading_.settled) {
    const std::time_t now = std::time(nullptr);
    reading_.settled = std::all_of(reading_.files.begin(), reading_.files.end(), [now](const File& file) {
      return now - file.stamp.changed.tv_sec > kSettlingSeconds;
    });
  }
  return state_;
}

void WebConfigSource::reload() {
  const std::string before = reading_.digest;
  Result<std::shared_ptr<const WebState>> state = read(reading_);
  if (reading_.digest == before) return;
  if (!state) return refuse(state.error().message);
  const std::string_view reason = forbidden(state_->config, (*state)->config);
  if (!reason.empty()) return refuse(fmt::format("{}: {}", path_, reason));
  state_ = std::move(*state);
  complaint_.clear();
  ++figures_.reloads;
  figures_.last_was_good = true;
  spdlog::info("the web configuration {} changed and is in force", path_);
}

void WebConfigSource::refuse(const std::string& why) {
  ++figures_.failures;
  figures_.last_was_good = false;
  if (why == complaint_) return;
  complaint_ = why;
  spdlog::error("cannot use the changed web configuration, the last good one stays in force: {}", why);
}

WebConfigSource::Figures WebConfigSource::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace kubevitals::net
