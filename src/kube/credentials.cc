#include "kube/credentials.h"

#include <sys/stat.h>

#include <mutex>
#include <optional>
#include <tuple>

#include "base/base64.h"
#include "kube/config_files.h"
#include "kube/exec_credentials.h"

namespace kubevitals::kube {
namespace {

using namespace std::chrono_literals;

// Of k8s.io/client-go/transport: tokens of service accounts are replaced when a fifth of their life is left,
// and the shortest of them live for ten minutes.
constexpr Duration kFileFreshness = 1min;

class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Authorization authorization) : authorization_(std::move(authorization)) {}
  asio::awaitable<Result<Authorization>> get() override { co_return authorization_; }
  void invalidate(const Authorization&) override {}

 private:
  const Authorization authorization_;
};

// Changes when the file is replaced or written to; symbolic links are followed, as mounted secrets are
// swapped so.
using FileStamp = std::tuple<dev_t, ino_t, off_t, time_t, long>;

FileStamp stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

class TokenFile final : public CredentialSource {
 public:
  TokenFile(std::string path, const std::string& token, Clock& clock)
      : path_(std::move(path)), clock_(clock) {
    if (!token.empty()) known_.header = "Bearer " + token;
  }

  asio::awaitable<Result<Authorization>> get() override { co_return read(); }

  void invalidate(const Authorization& refused) override {
    const std::lock_guard lock(mutex_);
    if (known_ == refused) read_at_.reset();
  }

 private:
  Result<Authorization> read() {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.now();
    FileStamp stamp = stamp_of(path_);
    if (read_at_ && now - *read_at_ < kFileFreshness && stamp == stamp_) return known_;
    const Result<std::string> token = read_token_file(path_);
    if (token) {
      known_.header = "Bearer " + *token;
      read_at_ = now;
      stamp_ = stamp;
    }
    if (known_.header.empty()) return Error{ErrorCode::kUnauthorized, token.error().message};
    return known_;
  }

  const std::string path_;
  Clock& clock_;

  std::mutex mutex_;
  Authorization known_;                // guarded by mutex_
  std::optional<SteadyTime> read_at_;  // guarded by mutex_
  FileStamp stamp_;                    // guarded by mutex_: of the file when it was read
};

}  // namespace

std::unique_ptr<CredentialSource> make_credential_source(const ApiServerConfig& config, Clock& clock,
                                                         asio::any_io_executor executor) {
  const Credentials& credentials = config.credentials;
  if (credentials.exec) return make_exec_credentials(config, clock, std::move(executor));
  if (!credentials.token_file.empty()) {
    return std::make_unique<TokenFile>(credentials.token_file, credentials.token, clock);
  }
  Authorization authorization;
  if (!credentials.token.empty()) {
    authorization.header = "Bearer " + credentials.token;
  } else if (!credentials.username.empty() || !credentials.password.empty()) {
    authorization.header = "Basic " + encode_base64(credentials.username + ":" + credentials.password);
  }
  return std::make_unique<FixedCredentials>(std::move(authorization));
}

}  // namespace kubevitals::kube
