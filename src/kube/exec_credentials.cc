#include "kube/exec_credentials.h"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "kube/config_files.h"
#include "kube/run_program.h"
#include "net/pending.h"

namespace kubevitals::kube {
namespace {

using Answer = Result<Authorization>;

Answer run_plugin(const ExecPlugin& plugin, const std::string& request, const StopSignal& stop,
                  std::optional<WallTime>& expires) {
  const std::string what = "cannot get credentials from " + one_line(plugin.command) + ": ";
  ProgramCall call;
  call.command = plugin.command;
  call.arguments = plugin.arguments;
  call.environment = plugin.environment;
  call.environment.emplace_back("KUBERNETES_EXEC_INFO", request);
  call.timeout = plugin.timeout;
  const Result<std::string> output = run_program(call, stop);
  if (!output) {
    const bool hint = output.error().code == ErrorCode::kNotFound && !plugin.install_hint.empty();
    return Error{ErrorCode::kUnauthorized,
                 what + output.error().message + (hint ? " (" + one_line(plugin.install_hint) + ")" : "")};
  }
  Result<ExecCredential> credential = read_exec_credential(*output, plugin.api_version);
  if (!credential) return Error{credential.error().code, what + credential.error().message};
  expires = credential->expires;
  return std::move(credential->authorization);
}

Error stopped() {
  return {ErrorCode::kCancelled, "cannot get credentials: cancelled"};
}

// What is known and who waits: on the strand. Shared with the thread that runs the plugin.
class State final : public std::enable_shared_from_this<State> {
 public:
  State(const ApiServerConfig& config, Clock& clock, asio::any_io_executor executor,
        asio::thread_pool& thread)
      : plugin_(*config.credentials.exec),
        request_(exec_credential_request(config)),
        clock_(clock),
        strand_(asio::make_strand(std::move(executor))),
        thread_(&thread) {}

  const net::Strand& strand() const { return strand_; }

  // From any thread: no plugin starts any more, and one that runs is killed.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      thread_ = nullptr;
    }
    stop_.raise();
  }

  void ask(const net::PendingPtr<Answer>& waiter) {
    if (known_ && (!expires_ || clock_.wall_now() < *expires_)) {
      waiter->complete(*known_);
      return;
    }
    waiter->on_cancel = [waiter = std::weak_ptr(waiter)] {
      if (const auto cancelled = waiter.lock()) cancelled->complete(stopped());
    };
    waiters_.push_back(waiter);
    if (waiters_.size() == 1) start();
  }

  void forget(const Authorization& refused) {
    if (known_ && *known_ == refused) known_.reset();
  }

 private:
  void start() {
    const std::lock_guard lock(mutex_);
    if (thread_ == nullptr) {
      finish(stopped(), std::nullopt);
      return;
    }
    asio::post(*thread_, [self = shared_from_this()] { self->run(); });
  }

  // On the thread.
  void run() {
    std::optional<WallTime> expires;
    Answer answer = run_plugin(plugin_, request_, stop_, expires);
    asio::post(strand_, [self = shared_from_this(), answer = std::move(answer), expires] {
      self->finish(answer, expires);
    });
  }

  void finish(const Answer& answer, std::optional<WallTime> expires) {
    known_.reset();
    if (answer) known_ = *answer;
    expires_ = expires;
    const auto waiters = std::exchange(waiters_, {});
    for (const auto& waiter : waiters) waiter->complete(answer);
  }

  const ExecPlugin plugin_;
  const std::string request_;
  Clock& clock_;
  const net::Strand strand_;
  const StopSignal stop_;

  std::mutex mutex_;
  asio::thread_pool* thread_;  // guarded by mutex_; null when closed

  std::optional<Authorization> known_;
  std::optional<WallTime> expires_;
  std::vector<net::PendingPtr<Answer>> waiters_;  // while the plugin runs: at least one
};

class ExecCredentials final : public CredentialSource {
 public:
  ExecCredentials(const ApiServerConfig& config, Clock& clock, asio::any_io_executor executor)
      : state_(std::make_shared<State>(config, clock, std::move(executor), thread_)) {}

  ~ExecCredentials() override {
    state_->close();
    thread_.join();
  }

  asio::awaitable<Answer> get() override {
    auto start = [state = state_](const net::PendingPtr<Answer>& waiter) { state->ask(waiter); };
    auto strand = state_->strand();
    co_return co_await net::ask<Answer>(std::move(strand), std::move(start));
  }

  void invalidate(const Authorization& refused) override {
    asio::post(state_->strand(), [state = state_, refused] { state->forget(refused); });
  }

 private:
  asio::thread_pool thread_{1};
  const std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<CredentialSource> make_exec_credentials(const ApiServerConfig& config, Clock& clock,
                                                        asio::any_io_executor executor) {
  return std::make_unique<ExecCredentials>(config, clock, std::move(executor));
}

}  // namespace kubevitals::kube
