#include "kube/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace kubevitals::kube {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxOutput = std::size_t{4} << 20;
constexpr std::size_t kShownErrors = 300;

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Reads what is there; false at the end.
bool drain(int fd, std::string& out) {
  char buffer[4096];
  const ssize_t size = ::read(fd, buffer, sizeof buffer);
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  if (size == 0) return false;
  if (out.size() < kMaxOutput) out.append(buffer, static_cast<std::size_t>(size));
  return true;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const ProgramCall& call) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const auto& [name, value] : call.environment) {
      replaced = replaced || std::string_view(*entry).starts_with(name + "=");
    }
    if (!replaced) all.emplace_back(*entry);
  }
  for (const auto& [name, value] : call.environment) all.push_back(name + "=" + value);
  return all;
}

// In a process group of its own, so that a time-out ends what it started as well.
int start(const ProgramCall& call, Pipe& output, Pipe& errors, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), 1);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end(), 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  std::vector<std::string> arguments{call.command};
  arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> environment = environment_of(call);
  const int error = posix_spawnp(&pid, call.command.c_str(), &actions, &attributes,
                                 pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Collects both outputs until they end; false when the time is up.
bool collect(Pipe& output, Pipe& errors, std::string& out, std::string& err, Clock::time_point deadline) {
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> waits{pollfd{out_open ? output.read_end() : -1, POLLIN, 0},
                                pollfd{err_open ? errors.read_end() : -1, POLLIN, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (waits[0].revents != 0) out_open = drain(output.read_end(), out);
    if (waits[1].revents != 0) err_open = drain(errors.read_end(), err);
  }
  return true;
}

bool wait_for(pid_t pid, int& status, Clock::time_point deadline) {
  while (true) {
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return true;
    if (ended < 0 && errno != EINTR) return true;
    if (Clock::now() >= deadline) return false;
    ::usleep(2000);
  }
}

std::string tail(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  if (text.size() > kShownErrors) text = "..." + text.substr(text.size() - kShownErrors);
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

Result<std::string> run_program(const ProgramCall& call) {
  const auto deadline = Clock::now() + call.timeout;
  Pipe output;
  Pipe errors;
  if (output.read_end() < 0 || errors.read_end() < 0) return Error{ErrorCode::kUnavailable, strerror(errno)};
  pid_t pid = 0;
  const int error = start(call, output, errors, pid);
  if (error != 0) {
    const auto code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
    return Error{code, "it cannot be started: " + std::string(strerror(error))};
  }
  output.close_end(1);
  errors.close_end(1);
  std::string out;
  std::string err;
  int status = 0;
  const bool in_time = collect(output, errors, out, err, deadline) && wait_for(pid, status, deadline);
  if (!in_time) {
    ::kill(-pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return Error{ErrorCode::kTimeout,
                 "it did not end within " + std::to_string(call.timeout.count() / 1000) + " s"};
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status) ? "it ended with status " + std::to_string(WEXITSTATUS(status))
                                              : "it was ended by signal " + std::to_string(WTERMSIG(status));
    const std::string shown = tail(err);
    return Error{ErrorCode::kUnavailable, shown.empty() ? how : how + ": " + shown};
  }
  return out;
}

}  // namespace kubevitals::kube
