#include "kube/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "kube/config_files.h"

extern char** environ;

namespace kubevitals::kube {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxOutput = std::size_t{4} << 20;
constexpr std::size_t kKeptErrors = 4096;
constexpr std::size_t kShownErrors = 300;
// How often a program is looked at where the kernel does not tell of its end.
constexpr milliseconds kTick{20};

class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return descriptor_; }
  void reset(int descriptor) {
    close();
    descriptor_ = descriptor;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;

  bool open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

// Reads all that is there now, and closes the pipe at its end.
void drain(Descriptor& pipe, std::string& text) {
  char buffer[16384];
  while (pipe.get() >= 0) {
    const ssize_t size = ::read(pipe.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      pipe.close();
      return;
    }
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > kMaxOutput) return;
  }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const ProgramCall& call) {
  const auto sets = [](const std::string& entry, const std::string& name) {
    return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
  };
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  for (const auto& [name, value] : call.environment) {
    std::erase_if(all, [&, &key = name](const std::string& entry) { return sets(entry, key); });
    all.push_back(name + "=" + value);
  }
  return all;
}

// What posix_spawn is told: empty input, the pipes as outputs, nothing else open, a process group of its own,
// and signals as a shell has them.
class SpawnSettings {
 public:
  SpawnSettings(int output, int errors) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// One run: started, followed to its end and always reaped.
class Run {
 public:
  Run(const ProgramCall& call, const StopSignal& stop)
      : call_(call), stop_(stop), deadline_(SteadyClock::now() + call.timeout) {}
  ~Run() { kill(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Result<std::string> result() {
    if (!output_.open() || !errors_.open()) return unavailable(std::strerror(errno));
    if (const int error = start(); error != 0) {
      const auto code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
      return Error{code, "it cannot be started: " + std::string(std::strerror(error))};
    }
    Result<void> followed = follow();
    kill();
    if (!followed) return followed.error();
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return std::move(output_text_);
    const std::string how = WIFEXITED(status_)
                                ? "it ended with status " + std::to_string(WEXITSTATUS(status_))
                                : "it was ended by signal " + std::to_string(WTERMSIG(status_));
    const std::string words = last_words();
    return unavailable(words.empty() ? how : how + ": " + words);
  }

 private:
  static Error unavailable(std::string cause) { return Error{ErrorCode::kUnavailable, std::move(cause)}; }

  int start() {
    const SpawnSettings settings(output_.write_end.get(), errors_.write_end.get());
    std::vector<std::string> arguments{call_.command};
    arguments.insert(arguments.end(), call_.arguments.begin(), call_.arguments.end());
    std::vector<std::string> environment = environment_of(call_);
    const int error = posix_spawnp(&pid_, call_.command.c_str(), &settings.actions, &settings.attributes,
                                   pointers(arguments).data(), pointers(environment).data());
    output_.write_end.close();
    errors_.write_end.close();
    if (error != 0) {
      pid_ = 0;
      return error;
    }
    // Not glibc's wrapper: its header lacks extern "C" in version 2.36.
    process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    return 0;
  }

  Result<void> follow() {
    while (true) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - SteadyClock::now());
      if (left.count() <= 0) {
        return Error{ErrorCode::kTimeout,
                     "it did not end within " + std::to_string(call_.timeout.count()) + " ms"};
      }
      std::array<pollfd, 4> waits{pollfd{output_.read_end.get(), POLLIN, 0},
                                  pollfd{errors_.read_end.get(), POLLIN, 0},
                                  pollfd{process_.get(), POLLIN, 0}, pollfd{stop_.descriptor(), POLLIN, 0}};
      const milliseconds wait = process_.get() >= 0 ? left : std::min(left, kTick);
      ::poll(waits.data(), waits.size(), static_cast<int>(std::min<std::int64_t>(wait.count(), 60'000)));
      if ((waits[3].revents & POLLIN) != 0) return Error{ErrorCode::kCancelled, "it was stopped"};
      // Asked before reading: what the program wrote is in the pipes by its end.
      const bool ended = reaped();
      drain(output_.read_end, output_text_);
      drain(errors_.read_end, errors_text_);
      if (errors_text_.size() > kKeptErrors) errors_text_.erase(0, errors_text_.size() - kKeptErrors);
      if (output_text_.size() > kMaxOutput) return Error{ErrorCode::kInvalid, "it wrote too much output"};
      if (ended) return {};
    }
  }

  bool reaped() {
    const pid_t ended = ::waitpid(pid_, &status_, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
    pid_ = 0;
    return true;
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
  }

  std::string last_words() const {
    const std::size_t end = errors_text_.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return "";
    const std::string_view text = std::string_view(errors_text_).substr(0, end + 1);
    if (text.size() <= kShownErrors) return one_line(text);
    std::size_t begin = text.size() - kShownErrors;
    while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) ++begin;
    return "..." + one_line(text.substr(begin));
  }

  const ProgramCall& call_;
  const StopSignal& stop_;
  const SteadyClock::time_point deadline_;
  Pipe output_;
  Pipe errors_;
  Descriptor process_;  // tells of the end; -1 on kernels before 5.3
  pid_t pid_ = 0;       // 0: not running, or reaped
  int status_ = 0;
  std::string output_text_;
  std::string errors_text_;
};

}  // namespace

StopSignal::StopSignal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StopSignal::~StopSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void StopSignal::raise() const {
  if (descriptor_ >= 0) eventfd_write(descriptor_, 1);
}

Result<std::string> run_program(const ProgramCall& call, const StopSignal& stop) {
  return Run(call, stop).result();
}

}  // namespace kubevitals::kube
