#include "net/profile_endpoint.h"

#include <gperftools/profiler.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/clock.h"

namespace kubevitals::net {
namespace {

constexpr std::string_view kProfile = "/debug/pprof/profile";
constexpr std::chrono::seconds kDefaultDuration{30};
constexpr std::chrono::seconds kLongestDuration{600};

constexpr std::string_view kPage =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>kubevitals: "
    "profiles</title></head>\n"
    "<body>\n<h1>Profiles</h1>\n<ul>\n"
    "<li><a href=\"/debug/pprof/profile?seconds=10\">profile</a>: what the CPU does for the next 10 seconds "
    "(<code>?seconds=</code>), to be read with <code>pprof kubevitals FILE</code> or "
    "<code>google-pprof --text kubevitals FILE</code></li>\n"
    "</ul>\n</body>\n</html>\n";

// As in Go's net/http/pprof, what is no positive number means the default.
std::chrono::seconds duration_of(const ServerRequest& request) {
  const std::string_view text = request.parameter("seconds").value_or("");
  long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return kLongestDuration;
  if (error != std::errc() || end != text.data() + text.size() || seconds <= 0) return kDefaultDuration;
  return std::min(std::chrono::seconds(seconds), kLongestDuration);
}

// The profile under way; the profiler is the process' own, so there is at most one. It is written into
// memory: the file system may be read-only.
class CpuProfile {
 public:
  static Result<CpuProfile> start() {
    static std::atomic<bool> running = false;
    if (running.exchange(true)) {
      return Error{ErrorCode::kUnavailable, "cannot take a CPU profile: one is being taken already"};
    }
    CpuProfile profile(running);
    profile.file_ = memfd_create("cpu-profile", MFD_CLOEXEC);
    const std::string path = "/proc/self/fd/" + std::to_string(profile.file_);
    if (profile.file_ < 0 || ProfilerStart(path.c_str()) == 0) {
      return Error{ErrorCode::kInternal,
                   "cannot take a CPU profile: " + std::generic_category().message(errno)};
    }
    return profile;
  }

  CpuProfile(CpuProfile&& other) noexcept
      : running_(std::exchange(other.running_, nullptr)), file_(std::exchange(other.file_, -1)) {}
  CpuProfile& operator=(CpuProfile&&) = delete;

  ~CpuProfile() {
    if (running_ == nullptr) return;
    ProfilerStop();
    if (file_ >= 0) close(file_);
    *running_ = false;
  }

  // Ends the sampling; what was sampled.
  std::string finish() {
    ProfilerStop();
    std::string bytes;
    std::array<char, 64 << 10> piece;
    while (true) {
      const ssize_t got = pread(file_, piece.data(), piece.size(), static_cast<off_t>(bytes.size()));
      if (got <= 0) return bytes;
      bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  explicit CpuProfile(std::atomic<bool>& running) : running_(&running) {}

  std::atomic<bool>* running_;
  int file_ = -1;
};

}  // namespace

bool is_profile_path(std::string_view path) {
  return path == kProfilePath || path == kProfile || path == "/debug/pprof";
}

asio::awaitable<ServerResponse> profile_answer(ServerRequest request) {
  if (request.path != kProfile) {
    co_return ServerResponse::text(200, std::string(kPage), "text/html; charset=utf-8");
  }
  Result<CpuProfile> profile = CpuProfile::start();
  if (!profile) co_return ServerResponse::text(500, profile.error().message + "\n");
  auto sleeping = system_clock().sleep_for(duration_of(request));
  co_await std::move(sleeping);
  ServerResponse response = ServerResponse::text(200, profile->finish(), "application/octet-stream");
  response.headers.set("Content-Disposition", "attachment; filename=\"profile\"");
  response.headers.set("X-Content-Type-Options", "nosniff");
  co_return response;
}

}  // namespace kubevitals::net
